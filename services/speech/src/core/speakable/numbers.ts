import { perWords, type Rule } from "./rule.ts";
import type { Forms, Words } from "./words.ts";

/** A number as `words` writes it; no-break spaces group thousands everywhere. Source of a pattern without groups of its own. */
export const numberSource = perWords((words) => {
  const group = words.group === " " ? "[ \\u00a0\\u202f]" : `[${words.group}\\u00a0\\u202f]`;
  return `(?:\\d{1,3}(?:${group}\\d{3})+(?!\\d)(?:[${words.decimal}]\\d+)?|\\d{1,3}(?: \\d{3})* 000(?!\\d)|\\d+(?:[.,]\\d+)?)`;
});

type Read = { readonly whole: string; readonly decimals: string };

/** The digits before and behind the decimal sign. "1.234" in German is a thousand, "3.14" is read as it was meant. */
export function readNumber(raw: string, words: Words): Read {
  const compact = raw.replace(/[\s\u00a0\u202f]/gu, "");
  const grouped = new RegExp(`^\\d{1,3}(?:[${words.group}]\\d{3})+(?=$|[${words.decimal}])`, "u").exec(
    compact,
  );
  const whole = grouped?.[0] ?? /^\d+/u.exec(compact)?.[0] ?? "";
  return { whole: whole.replace(/\D/gu, ""), decimals: compact.slice(whole.length + 1) };
}

/** "0 0 7". */
export function spelled(digits: string): string {
  return digits.split("").join(" ");
}

function spokenWhole(whole: string): string {
  return /^0\d/u.test(whole) ? spelled(whole) : whole;
}

/** A number without its signs: "1,234.5" is "1234 point 5". */
export function spokenNumber(raw: string, words: Words): string {
  const { whole, decimals } = readNumber(raw, words);
  if (decimals === "") return spokenWhole(whole);
  const together = words.decimalsTogether && decimals.length < 3 && !decimals.startsWith("0");
  return `${spokenWhole(whole)} ${words.decimalWord} ${together ? decimals : spelled(decimals)}`;
}

const pluralRules = perWords((words) => new Intl.PluralRules(words.locale));

/** The form of a noun behind this number. */
export function formFor(raw: string, forms: Forms, words: Words): string {
  const { whole, decimals } = readNumber(raw, words);
  const number = Number(`${whole}.${decimals === "" ? "0" : decimals}`);
  return pluralRules(words).select(number) === "one" ? forms[0] : forms[1];
}

const vulgar: Readonly<Record<string, string>> = {
  "½": "1/2",
  "⅓": "1/3",
  "⅔": "2/3",
  "¼": "1/4",
  "¾": "3/4",
  "⅕": "1/5",
  "⅖": "2/5",
  "⅗": "3/5",
  "⅘": "4/5",
  "⅛": "1/8",
  "⅜": "3/8",
  "⅝": "5/8",
  "⅞": "7/8",
};

function fraction(match: RegExpExecArray, words: Words): string | undefined {
  const [, whole, sign = ""] = match;
  const said = words.fractions[vulgar[sign] ?? ""];
  if (said === undefined) return undefined;
  return whole === undefined || whole === "" ? said : `${whole} ${words.andFraction} ${said}`;
}

function slashed(match: RegExpExecArray, words: Words): string | undefined {
  const [, mixed, over = "", under = ""] = match;
  const said = words.fractions[`${over}/${under}`];
  if (said !== undefined) return mixed === undefined ? said : `${mixed} ${words.andFraction} ${said}`;
  if (mixed !== undefined) return undefined;
  if (/\D/u.test(over) || ["5", "10", "100"].includes(under))
    return `${spokenNumber(over, words)} ${words.outOf} ${under}`;
  return over === "24" && under === "7" ? "24 7" : `${over} ${words.over} ${under}`;
}

/** What `e` and `×10^` mean: "1 times 10 to the power of minus 5". */
function scientific(match: RegExpExecArray, words: Words): string {
  const [, mantissa = "", minus, exponent = ""] = match;
  const sign = minus === "-" ? `${words.signs["−"]} ` : "";
  return `${spokenNumber(mantissa, words)} ${words.signs["×"]} 10 ${words.power} ${sign}${Number(exponent)}`;
}

function ordinal(match: RegExpExecArray, words: Words): string | undefined {
  const [, digits = "", suffix = ""] = match;
  return words.ordinalSuffix.test(suffix) ? words.ordinals[Number(digits) - 1] : undefined;
}

/** Rules that begin at a digit and need no unit. The order is theirs: the longer reading first. */
export const numberRules: readonly Rule[] = [
  { pattern: /(\d+(?:[.,]\d+)?)[eE]([+-]?)(\d{1,4})(?![\p{L}\p{N}])/uy, say: scientific },
  { pattern: /(\d*) ?([½⅓⅔¼¾⅕⅖⅗⅘⅛⅜⅝⅞])/uy, say: fraction },
  { pattern: /(?:(\d{1,4}) )?(\d{1,4}(?:[.,]\d)?)\/(\d{1,4})(?![\p{N}/])/uy, say: slashed },
  { pattern: /(\d{1,3})(\.?[a-zèºª°]{1,3})(?![\p{L}\p{N}])/uy, say: ordinal },
  { pattern: /(\d+)x(\d+)(?![\p{L}\p{N}])/uy, say: (m, words) => `${m[1]} ${words.by} ${m[2]}` },
  { pattern: /(\d+)×(\d+)(?![\p{L}\p{N}])/uy, say: (m, words) => `${m[1]} ${words.by} ${m[2]}` },
  { pattern: /(\d+)x(?![\p{L}\p{N}])/uy, say: (m, words) => `${m[1]} ${words.times}` },
];

const plain = perWords((words) => new RegExp(numberSource(words), "uy"));

/** The number that stands at `at`, whatever follows it. */
export function numberAt(text: string, at: number, words: Words): { text: string; next: number } | undefined {
  const pattern = plain(words);
  pattern.lastIndex = at;
  const raw = pattern.exec(text)?.[0];
  return raw === undefined ? undefined : { text: spokenNumber(raw, words), next: at + raw.length };
}
