import { formFor, numberSource, readNumber, spokenNumber } from "./numbers.ts";
import { anyOf, firstSaid, perWords, type Rule, type Said } from "./rule.ts";
import type { Words } from "./words.ts";

const noMore = String.raw`(?![\p{L}\p{N}²³^'’])`;

/** The 90s are no seconds. */
function isDecade(raw: string, gap: string, unit: string): boolean {
  return unit === "s" && gap === "" && raw.endsWith("0");
}

function measure(match: RegExpExecArray, words: Words): string | undefined {
  const [, raw = "", gap = "", unit = "", per] = match;
  const forms = words.units[unit];
  if (forms === undefined || isDecade(raw, gap, unit)) return undefined;
  const said = `${spokenNumber(raw, words)} ${formFor(raw, forms, words)}`;
  const below = per === undefined ? undefined : words.units[per]?.[0];
  return below === undefined ? said : `${said} ${words.per} ${below}`;
}

function amount(raw: string, magnitude: string | undefined, sign: string, words: Words): string | undefined {
  const currency = words.currencies[sign];
  if (currency === undefined) return undefined;
  const big = magnitude === undefined ? undefined : words.magnitudes[magnitude];
  if (big !== undefined) return `${spokenNumber(raw, words)} ${big} ${words.ofMagnitude(currency.unit[1])}`;
  const { whole, decimals } = readNumber(raw, words);
  if (decimals.length !== 2) return `${spokenNumber(raw, words)} ${formFor(raw, currency.unit, words)}`;
  const units = `${whole} ${formFor(whole, currency.unit, words)}`;
  const cents = String(Number(decimals));
  if (cents === "0") return units;
  const hundredths = `${cents} ${formFor(cents, currency.cent, words)}`;
  return Number(whole) === 0 ? hundredths : words.money(units, hundredths);
}

const rulesFor = perWords((words): readonly Rule[] => {
  const number = numberSource(words);
  const sign = anyOf(Object.keys(words.currencies));
  const magnitude = anyOf(Object.keys(words.magnitudes));
  const unit = anyOf(Object.keys(words.units));
  const gap = "[ \\u00a0\\u202f]?";
  return [
    {
      pattern: new RegExp(
        `(${number})(?:${gap}(${magnitude})\\.?)?${gap}(?:d[ei] )?(${sign})(?![\\p{L}\\p{N}])`,
        "uy",
      ),
      say: (m) => amount(m[1] ?? "", m[2], m[3] ?? "", words),
    },
    {
      pattern: new RegExp(`(${sign})${gap}(${number})(?:${gap}(${magnitude})(?![\\p{L}\\p{N}]))?`, "uy"),
      say: (m) => amount(m[2] ?? "", m[3], m[1] ?? "", words),
    },
    { pattern: new RegExp(`(${number})(${gap})(${unit})(?:/(${unit}))?${noMore}`, "uy"), say: measure },
    {
      pattern: /(\d{1,2})[′'’](\d{1,2})(?:[″"”]|'')/uy,
      say: (m) => words.footInches(m[1] ?? "", m[2] ?? ""),
    },
  ];
});

/** Money, measures and heights that begin at `at`. */
export function unitAt(text: string, at: number, words: Words): Said | undefined {
  return firstSaid(rulesFor(words), text, at, words);
}
