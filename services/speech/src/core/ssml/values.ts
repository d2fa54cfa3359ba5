const strengthMs: Readonly<Record<string, number>> = {
  none: 0,
  "x-weak": 100,
  weak: 200,
  medium: 400,
  strong: 700,
  "x-strong": 1_200,
};

/** The longest silence that one `break` makes, in ms. */
const maxBreakMs = 10_000;

/** A `break`'s silence in ms, at most `maxBreakMs`; undefined for values that SSML does not have. */
export function breakMs(attributes: Readonly<Record<string, string>>): number | undefined {
  const { time, strength = "medium" } = attributes;
  if (time === undefined) return Object.hasOwn(strengthMs, strength) ? strengthMs[strength] : undefined;
  const match = /^\+?(\d{1,7}(?:\.\d{1,6})?|\.\d{1,6})(ms|s)$/u.exec(time.trim());
  if (match === null) return undefined;
  return Math.min(maxBreakMs, Math.round(Number(match[1]) * (match[2] === "s" ? 1_000 : 1)));
}

const rates: Readonly<Record<string, number>> = {
  "x-slow": 0.5,
  slow: 0.75,
  medium: 1,
  default: 1,
  fast: 1.5,
  "x-fast": 2,
};

/** What markup may make of the request's speed altogether. */
const slowest = 0.25;
const fastest = 4;

/** `prosody rate` as a factor: a name, "120%", "+20%" or "1.2"; undefined for anything else. */
export function rateFactor(value: string): number | undefined {
  const rate = value.trim();
  if (Object.hasOwn(rates, rate)) return rates[rate];
  const match = /^([+-]?)(\d{1,4}(?:\.\d{1,4})?)(%?)$/u.exec(rate);
  if (match === null) return undefined;
  const number = Number(match[2]) / (match[3] === "%" ? 100 : 1);
  const factor = match[1] === "" ? number : match[1] === "+" ? 1 + number : 1 - number;
  return factor > 0 ? factor : undefined;
}

/** Rates in rates multiply, within what a listener can follow. */
export function combinedRate(outer: number, factor: number): number {
  return Math.min(fastest, Math.max(slowest, outer * factor));
}
