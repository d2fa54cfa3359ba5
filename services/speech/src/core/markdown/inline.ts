import type { Words } from "../speakable/words.ts";
import { entityText } from "./entities.ts";
import { hiddenUntil, tagText } from "./html-tag.ts";
import { linkTail, openingBracket } from "./links.ts";
import { codeSpan, mathsSpan } from "./spans.ts";
import { type Found, type Source, has, waits } from "./source.ts";

const plain = /[^\\`*_~=[\]!<&$\n]+/uy;
const wordCharacter = /[\p{L}\p{N}]/u;

/** What emphasis leaves: nothing, or the sign where it is one ("2 * 3", "snake_case"). */
function emphasis(source: Source): Found | undefined {
  const sign = source.text.charAt(source.at);
  const run = /[*_~=]{1,64}/uy;
  run.lastIndex = source.at;
  const signs = (run.exec(source.text)?.[0] ?? sign).replace(/(.)(?!\1).*/su, "$1");
  const next = source.at + signs.length;
  if (!has(source, signs.length, 1) && signs.length < 64) return undefined;
  return { text: isOperator(sign, signs, source.before, source.text.charAt(next)) ? signs : "", next };
}

function isOperator(sign: string, signs: string, before: string, after: string): boolean {
  if (sign === "_") return wordCharacter.test(before) && wordCharacter.test(after);
  if (sign === "~") return signs.length === 1;
  const blanks = /\s/u.test(before) && /\s/u.test(after);
  if (sign === "=")
    return signs.length !== 2 || blanks || (wordCharacter.test(before) && wordCharacter.test(after));
  return signs.length === 1 && (blanks || (/\d/u.test(before) && /\d/u.test(after)));
}

function escaped(source: Source, words: Words | undefined): Found | undefined {
  if (!has(source, 1, 1)) return undefined;
  const next = source.text.charAt(source.at + 1);
  if (next === "(" || next === "[") return mathsSpan(source, next === "(" ? "\\)" : "\\]", words);
  return {
    text: /[!-/:-@[-`{-~]/u.test(next) ? next : "\\",
    next: source.at + (/[!-/:-@[-`{-~]/u.test(next) ? 2 : 1),
  };
}

const maxEntityChars = 10;

function entity(source: Source): Found | undefined {
  const written = /&[#\w]{0,9};?/uy;
  written.lastIndex = source.at;
  const found = written.exec(source.text)?.[0] ?? "&";
  if (!found.endsWith(";") && waits(source, found.length, maxEntityChars)) return undefined;
  const text = found.endsWith(";") ? entityText(found.slice(1, -1)) : undefined;
  return text === undefined ? { text: "&", next: source.at + 1 } : { text, next: source.at + found.length };
}

const maxTagChars = 1_000;

function tag(source: Source, state: InlineState): Found | undefined {
  if (!has(source, 4, 0) && "<!--".startsWith(source.text.slice(source.at))) return undefined;
  if (source.text.startsWith("<!--", source.at)) {
    state.hiddenUntil = "-->";
    return { text: "", next: source.at + 4 };
  }
  const written = /<[A-Za-z/][^<>]{0,998}>?/uy;
  written.lastIndex = source.at;
  const found = written.exec(source.text)?.[0] ?? "<";
  if (
    !found.endsWith(">") &&
    source.at + found.length === source.text.length &&
    waits(source, found.length, maxTagChars)
  )
    return undefined;
  if (!found.endsWith(">")) return { text: "<", next: source.at + 1 };
  state.hiddenUntil = hiddenUntil(found);
  return { text: tagText(found) ?? ` ${found.slice(1, -1)} `, next: source.at + found.length };
}

/** What reaches over the end of a block, and how many brackets stand open. */
export type InlineState = { hiddenUntil: string | undefined; openBrackets: number };

/** The text up to what hides it ends, without a rest that could be its beginning. */
function hidden(source: Source, state: InlineState, until: string): Found | undefined {
  const end = source.text.toLowerCase().indexOf(until, source.at);
  if (end >= 0) {
    state.hiddenUntil = undefined;
    return { text: "", next: end + until.length };
  }
  const next = source.ended ? source.text.length : source.text.length - until.length + 1;
  return next > source.at ? { text: "", next } : undefined;
}

function special(source: Source, state: InlineState, words: Words | undefined): Found | undefined {
  switch (source.text.charAt(source.at)) {
    case "\\":
      return escaped(source, words);
    case "`":
      return codeSpan(source, words);
    case "[":
      return openingBracket(source, state);
    case "]":
      return linkTail(source, state);
    case "!":
      return image(source, words);
    case "<":
      return tag(source, state);
    case "&":
      return entity(source);
    case "$":
      return mathsSpan(source, source.text.startsWith("$$", source.at) ? "$$" : "$", words);
    case "\n":
      return { text: " ", next: source.at + 1 };
    default:
      return emphasis(source);
  }
}

function image(source: Source, words: Words | undefined): Found | undefined {
  if (!has(source, 1, 1)) return undefined;
  if (source.text.charAt(source.at + 1) !== "[") return { text: "!", next: source.at + 1 };
  if (!has(source, 2, 1)) return undefined;
  const named = words !== undefined && source.text.charAt(source.at + 2) !== "]";
  return { text: named ? `${words.image}: ` : "", next: source.at + 1 };
}

/** The next words of a block and where its markup ends; undefined while more text could change them. */
export function nextInline(source: Source, state: InlineState, words: Words | undefined): Found | undefined {
  if (state.hiddenUntil !== undefined) return hidden(source, state, state.hiddenUntil);
  plain.lastIndex = source.at;
  const run = plain.exec(source.text)?.[0];
  return run === undefined ? special(source, state, words) : { text: run, next: source.at + run.length };
}
