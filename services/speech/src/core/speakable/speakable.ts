import { withoutStrayJoiners } from "../characters.ts";
import { addressRules } from "./urls.ts";
import { aloneEmoji, withoutEmoji } from "./emoji.ts";
import { dateRules } from "./dates.ts";
import { digitRules } from "./digits.ts";
import { firstSaid, type Said } from "./rule.ts";
import { isAbbreviated, nameRules } from "./names.ts";
import { numberAt, numberRules } from "./numbers.ts";
import { signRules } from "./signs.ts";
import { unitAt } from "./units.ts";
import type { Words } from "./words.ts";
import { wordsOf } from "./words-of.ts";

const wordPattern = /(?:[\p{L}\p{M}\p{Nd}\p{Nl}\p{Co}'’]|\u200c|\u200d)+/uy;
const mayBeSpecial = /^[./:@\\#+_$-]|^ ?[^\s]\.|^\/|^°/u;
const currencyStart = /[\p{Sc}]|R\$/uy;

function wordAt(text: string, at: number): string {
  wordPattern.lastIndex = at;
  return wordPattern.exec(text)?.[0] ?? text.charAt(at);
}

function isSpecial(word: string, behind: string, words: Words): boolean {
  return (
    mayBeSpecial.test(behind) ||
    /^[IVXLC]+$|^[vV]\d|^[vV]ersion$/u.test(word) ||
    isAbbreviated(word, words) ||
    Object.hasOwn(words.currencies, word)
  );
}

function letterAt(text: string, at: number, words: Words): Said {
  const word = wordAt(text, at);
  const next = at + word.length;
  if (isSpecial(word, text.slice(next, next + 3), words)) {
    const said =
      unitAt(text, at, words) ??
      firstSaid(addressRules, text, at, words) ??
      firstSaid(nameRules(words), text, at, words);
    if (said !== undefined) return said;
  }
  return { text: word, next };
}

function digitAt(text: string, at: number, words: Words): Said {
  return (
    firstSaid(dateRules, text, at, words) ??
    firstSaid(digitRules, text, at, words) ??
    firstSaid(addressRules, text, at, words) ??
    unitAt(text, at, words) ??
    firstSaid(numberRules, text, at, words) ??
    numberAt(text, at, words) ?? { text: text.charAt(at), next: at + 1 }
  );
}

/** A sign with its words set apart, or as it is. */
function signAt(text: string, at: number, words: Words): Said {
  currencyStart.lastIndex = at;
  const money = currencyStart.test(text) ? unitAt(text, at, words) : undefined;
  const said =
    money ?? (/[+(½⅓⅔¼¾⅕⅖⅗⅘⅛⅜⅝⅞]/u.test(text.charAt(at)) ? startOfNumber(text, at, words) : undefined);
  const known = said ?? firstSaid(signRules, text, at, words);
  if (known !== undefined) return { text: ` ${known.text} `, next: known.next };
  const sign = String.fromCodePoint(text.codePointAt(at) ?? 32);
  return { text: /[\p{So}\p{Sk}\p{Cc}]/u.test(sign) ? " " : sign, next: at + sign.length };
}

function startOfNumber(text: string, at: number, words: Words): Said | undefined {
  return firstSaid(digitRules, text, at, words) ?? firstSaid(numberRules, text, at, words);
}

function tokenAt(text: string, at: number, words: Words): Said {
  const sign = text.codePointAt(at) ?? 32;
  const first = String.fromCodePoint(sign);
  if (/\p{Nd}/u.test(first)) return digitAt(text, at, words);
  return /[\p{L}\p{M}\p{Nl}\p{Co}]/u.test(first) ? letterAt(text, at, words) : signAt(text, at, words);
}

/** Blanks as a sentence has them: one, and none before a comma. */
function tidy(text: string): string {
  const single = text.replace(/[\s\u00a0]+/gu, " ").replace(/ (?=[,.;:!?)…])/gu, "");
  return single
    .replace(/\( /gu, "(")
    .replace(/([,;:])(?:[,;:])+/gu, "$1")
    .replace(/^[\s,;:]+|\s+$/gu, "");
}

/** Markup and pictures are gone, digits and signs are left to the engine: for languages without a table. */
function withoutMarkup(text: string): string {
  return tidy(withoutEmoji(text).replace(/[*_`|[\]<>\\{}^~\p{So}\p{Sk}]+/gu, " "));
}

/** Whether there is anything in it to say. */
export function isAudible(text: string): boolean {
  return /[\p{L}\p{N}\p{Co}]/u.test(text);
}

/**
 * A sentence as somebody would read it out in `language` (BCP 47): numbers, units, addresses and signs in words, nothing left
 * that is only seen. "" when there is nothing to say. Takes plain text; Markdown is taken off before (`markdown/inline.ts`).
 */
export function speakable(written: string, language: string): string {
  const text = withoutStrayJoiners(written);
  const words = wordsOf(language);
  if (words === undefined) return onlyAudible(withoutMarkup(text));
  const alone = aloneEmoji(text, words);
  if (alone !== undefined) return alone;
  const bare = withoutEmoji(text);
  let said = "";
  for (let at = 0; at < bare.length;) {
    const token = tokenAt(bare, at, words);
    said += token.text;
    at = token.next;
  }
  return onlyAudible(tidy(said));
}

function onlyAudible(text: string): string {
  return isAudible(text) ? text : "";
}
