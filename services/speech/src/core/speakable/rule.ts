import type { Words } from "./words.ts";

/**
 * What is written in a way that is not said so. `pattern` is sticky: it is tried where a word, a number or a sign begins, on
 * a sentence and no more. `say` gives the words, or undefined when it only looked alike; what it gives is not read again.
 */
export type Rule = {
  readonly pattern: RegExp;
  readonly say: (match: RegExpExecArray, words: Words) => string | undefined;
};

/** What a rule said, and where reading goes on. */
export type Said = { readonly text: string; readonly next: number };

/** The first rule that has words for what stands at `at`. */
export function firstSaid(rules: readonly Rule[], text: string, at: number, words: Words): Said | undefined {
  for (const rule of rules) {
    rule.pattern.lastIndex = at;
    const match = rule.pattern.exec(text);
    const said = match === null || match[0] === "" ? undefined : rule.say(match, words);
    if (match !== null && said !== undefined) return { text: said, next: at + match[0].length };
  }
  return undefined;
}

/** An alternation of what stands in a table, the longest first. */
export function anyOf(keys: readonly string[]): string {
  const escaped = keys
    .toSorted((a, b) => b.length - a.length)
    .map((key) => key.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&"));
  return `(?:${escaped.join("|")})`;
}

/** Computes once per table. The tables are constants, so this is a constant too. */
export function perWords<T>(make: (words: Words) => T): (words: Words) => T {
  const made = new WeakMap<Words, T>();
  return (words) => {
    const known = made.get(words);
    if (known !== undefined) return known;
    const fresh = make(words);
    made.set(words, fresh);
    return fresh;
  };
}
