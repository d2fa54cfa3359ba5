import { type SentenceRules, sentenceRules } from "./abbreviations.ts";

/** More text could change the answer. */
export const undecided = Symbol("undecided");

/** The text behind the window: none, more than fits, or not known yet. */
export type Behind = "end" | "more" | "unknown";

const terminators = /[.!?…\p{Sentence_Terminal}]+["'”’“»«)\]}」』）】〉》]*/gu;
const terminatorsAndSpacedQuote = /[.!?…\p{Sentence_Terminal}]+(?:[ \u00a0\u202f]?»|["'”’“)\]])*/gu;
const terminatorsAndSemicolon = /[.!?…;\u037e\p{Sentence_Terminal}]+["'”’“»«)\]}」』）】〉》]*/gu;
const openers = /[\s"'“‘«„‚»([¿¡–—-]*/uy;
/** Full stops of scripts that put no blank behind them. */
const endsAlone = /[\p{Sentence_Terminal}--[.!?\u2024\uff0e]]/v;

function characterBehind(window: string, end: number): string {
  openers.lastIndex = end;
  openers.exec(window);
  const at = openers.lastIndex;
  const code = window.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

/** "3. Oktober", and "1." before a first thing. */
function isOrdinal(digits: string, isFirst: boolean, rules: SentenceRules): boolean {
  return (rules.ordinals && digits.length <= 2) || (isFirst && digits.length <= 3);
}

/** "J.", "z.B.", but not "5 p.m." nor the "I" of English. */
function areInitials(word: string, rules: SentenceRules): boolean {
  if (/^\p{Lu}$/u.test(word)) return !(rules.pronounI && word === "I");
  return /^(?:\p{L}\.)*\p{L}$/u.test(word) && /\.|^\p{Ll}$/u.test(word) && !/^[ap]\.m$/iu.test(word);
}

/** Whether the full stop at `at` belongs to the word before it. */
function isAbbreviation(window: string, at: number, next: string, rules: SentenceRules): boolean {
  const before = window.slice(Math.max(0, at - 24), at);
  const word = /[\p{L}\p{M}\p{N}.-]+$/u.exec(before)?.[0] ?? "";
  const isFirst = before.length === at && before.slice(0, at - word.length).trim() === "";
  if (/^\d+$/u.test(word)) return isOrdinal(word, isFirst, rules);
  const lower = word.toLowerCase();
  const beforeNumber = rules.beforeNumber.has(lower) && /\p{Nd}/u.test(next);
  return beforeNumber || rules.never.has(lower) || areInitials(word, rules);
}

/** Whether a sentence ends with the sign or signs at `at`, which reach to `end`. */
function endsSentence(
  window: string,
  at: number,
  end: number,
  rules: SentenceRules,
  behind: Behind,
): boolean | typeof undecided {
  const signs = window.slice(at, end);
  if (end === window.length) return behind === "end" ? true : behind === "more" ? false : undecided;
  if (endsAlone.test(signs)) return true;
  if (!/\s/u.test(window.charAt(end))) return false;
  const next = characterBehind(window, end);
  if (next === "") return behind === "end" ? true : behind === "more" ? false : undecided;
  if (/\p{Ll}/u.test(next)) return false;
  return !(/^\.[^.]*$/u.test(signs) && isAbbreviation(window, at, next, rules));
}

function terminatorsOf(rules: SentenceRules): RegExp {
  if (rules.spacedQuotes) return terminatorsAndSpacedQuote;
  return rules.semicolonAsks ? terminatorsAndSemicolon : terminators;
}

/**
 * Where the first sentence of `window` ends, its closing quotes included; undefined when it is longer than `limit`.
 * `Intl.Segmenter` cannot tell: what it says of a beginning changes with what follows, without bound.
 */
export function sentenceEnd(
  window: string,
  limit: number,
  language: string,
  behind: Behind,
): number | undefined | typeof undecided {
  const rules = sentenceRules(language);
  for (const match of window.matchAll(terminatorsOf(rules))) {
    if (match.index >= limit) break;
    const end = match.index + match[0].length;
    const ends = endsSentence(window, match.index, end, rules, behind);
    if (ends === undecided) return undecided;
    if (ends && end <= limit + match[0].length) return end;
  }
  if (behind === "unknown") return undecided;
  return behind === "end" && window.length <= limit ? window.length : undefined;
}
