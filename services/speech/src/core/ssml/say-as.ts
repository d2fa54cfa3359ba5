import { spelled } from "../speakable/numbers.ts";
import { spokenDate, spokenTime } from "../speakable/dates.ts";
import { speakable } from "../speakable/speakable.ts";
import type { Sign, Words } from "../speakable/words.ts";
import { wordsOf } from "../speakable/words-of.ts";

function named(sign: string, words: Words | undefined): string {
  if (words === undefined) return sign;
  const names: Readonly<Record<string, string>> = {
    ".": words.dot,
    "-": words.dash,
    _: words.underscore,
    ":": words.colon,
    "*": words.star,
  };
  const known: Readonly<Partial<Record<string, string>>> = words.signs satisfies Record<Sign, string>;
  return names[sign] ?? known[sign] ?? sign;
}

function characters(text: string, words: Words | undefined): string {
  const letters = Array.from(text.replace(/\s+/gu, ""), (letter) => named(letter, words));
  return letters.join(" ");
}

function digits(text: string, words: Words | undefined): string {
  const groups = text.match(/\d+|\+|[\p{L}]+/gu) ?? [];
  return groups
    .map((group) => (/\d/u.test(group) ? spelled(group) : named(group, words)))
    .join(", ")
    .replaceAll(/(?<=^\D+),/gu, "");
}

function englishSuffix(number: number): string {
  const teen = number % 100 > 10 && number % 100 < 14;
  return teen ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
}

function ordinal(text: string, words: Words | undefined): string {
  const number = Number(text.replace(/\D/gu, "").slice(0, 15));
  const word = words?.ordinals[number - 1];
  if (word !== undefined) return word;
  return words?.locale.startsWith("en") === true ? `${number}${englishSuffix(number)}` : `${number}.`;
}

/** The order of year, month and day in what was written: `format`, or as the language does. */
function dateOrder(parts: readonly string[], format: string | undefined, words: Words): string {
  if (format !== undefined && /^[ymd]{3}$/u.test(format)) return format;
  return parts[0]?.length === 4 ? "ymd" : words.dateOrder;
}

function date(text: string, words: Words, format: string | undefined): string | undefined {
  const parts = text.match(/\d+/gu) ?? [];
  const order = dateOrder(parts, format, words);
  const [year, month, day] = ["y", "m", "d"].map((sign) => Number(parts[order.indexOf(sign)] ?? Number.NaN));
  if (parts.length !== 3 || year === undefined || month === undefined || day === undefined) return undefined;
  return spokenDate(year, month, day, words);
}

function time(text: string, words: Words): string | undefined {
  const match = /^\s*(\d{1,2})(?::(\d\d))?(?::\d\d)?\s*(?:([ap])\.?m\.?)?\s*$/iu.exec(text);
  if (match === null) return undefined;
  return spokenTime(
    Number(match[1]),
    Number(match[2] ?? 0),
    words,
    match[3] === undefined ? "" : ` ${match[3].toLowerCase()} m`,
  );
}

type Reading = (text: string, words: Words | undefined, format: string | undefined) => string | undefined;

const inWords =
  (say: (text: string, words: Words, format: string | undefined) => string | undefined): Reading =>
  (text, words, format) =>
    words === undefined ? undefined : say(text, words, format);

const silent: Reading = () => "";

/** The names of W3C's note on `say-as`, and those that Google's and Amazon's services give the same things. */
const readings: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ["characters", characters],
  ["spell-out", characters],
  ["verbatim", characters],
  ["digits", digits],
  ["telephone", digits],
  ["ordinal", ordinal],
  ["date", inWords(date)],
  ["time", inWords(time)],
  ["expletive", silent],
  ["bleep", silent],
]);

type Asked = { readonly as: string; readonly format: string | undefined };

/** `say-as` in words; what it does not know, or what is not of the asked kind, is read like any text. */
export function sayAs(text: string, how: Asked, language: string): string {
  return readings.get(how.as)?.(text, wordsOf(language), how.format) ?? speakable(text, language);
}
