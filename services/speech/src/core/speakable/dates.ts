import { perWords, type Rule } from "./rule.ts";
import type { Words } from "./words.ts";

const formats = perWords(
  (words) => new Intl.DateTimeFormat(words.locale, { dateStyle: "long", timeZone: "UTC" }),
);

/** "November 28, 2026", or undefined for a day that is in no calendar. */
export function spokenDate(year: number, month: number, day: number, words: Words): string | undefined {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year > 0;
  return real ? formats(words).format(date) : undefined;
}

/** "14 30", "9 oh 5", "9 o'clock" and their like; undefined for what no clock shows. */
export function spokenTime(hour: number, minute: number, words: Words, half = ""): string | undefined {
  if (hour > 24 || minute > 59) return undefined;
  if (half !== "" && minute === 0) return `${hour}${half}`;
  return words.time(String(hour), minute === 0 ? null : String(minute).padStart(2, "0")) + half;
}

function isoDate(match: RegExpExecArray, words: Words): string | undefined {
  const [, year, month, day, hour, minute] = match;
  const date = spokenDate(Number(year), Number(month), Number(day), words);
  if (date === undefined || hour === undefined) return date;
  const time = spokenTime(Number(hour), Number(minute), words);
  return time === undefined ? undefined : `${date}, ${time}`;
}

function localDate(match: RegExpExecArray, words: Words): string | undefined {
  const first = Number(match[1]);
  const second = Number(match[3]);
  const monthFirst = match[2] === "/" && words.dateOrder === "mdy" ? first <= 12 : second > 12;
  return monthFirst
    ? spokenDate(Number(match[4]), first, second, words)
    : spokenDate(Number(match[4]), second, first, words);
}

function clock(match: RegExpExecArray, words: Words): string | undefined {
  const [, hour, minute, seconds, half] = match;
  const said = spokenTime(
    Number(hour),
    Number(minute),
    words,
    half === undefined ? "" : ` ${half.charAt(0).toLowerCase()} m`,
  );
  return said !== undefined && seconds !== undefined ? `${said} ${Number(seconds)}` : said;
}

/** Dates and times of day, in digits. */
export const dateRules: readonly Rule[] = [
  {
    pattern:
      /(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\p{L}\p{N}-])/uy,
    say: isoDate,
  },
  { pattern: /(\d{1,2})([./])(\d{1,2})\2(\d{4})(?![\p{L}\p{N}])/uy, say: localDate },
  {
    pattern:
      /(\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([AaPp])(?:\.[Mm]\.|[Mm])| (?:Uhr|uur|heures?|horas?|h)(?!\p{L}))?(?![\p{L}\p{N}:])/uy,
    say: clock,
  },
  {
    pattern: /(\d{1,2})h(\d\d)(?![\p{L}\p{N}:])/uy,
    say: (m, words) => spokenTime(Number(m[1]), Number(m[2]), words),
  },
];
