import type { Piece } from "./piece.ts";
import { withoutControls, withoutMarkdown } from "./plain-words.ts";
import { sentencesOf } from "./sentences.ts";

export type PiecesOptions = {
  readonly format: "text" | "markdown";
  /** BCP 47: by whose rules sentences end. */
  readonly language: string;
};

/** The first piece is short, so that there is sound at once. */
const firstChars = 60;
const mostChars = 300;
const paragraphMs = 350;

/**
 * A text as pieces that can be said one after the other; made as they are asked for, so that a long text begins at once. What
 * has no letter and no digit is not said.
 */
export function* piecesOf(text: string, options: PiecesOptions): Generator<Piece> {
  let isFirst = true;
  for (const paragraph of paragraphsOf(text)) {
    let pauses = !isFirst;
    for (const part of partsOf(paragraph, options, () => (isFirst ? firstChars : mostChars))) {
      if (pauses) yield { kind: "pause", ms: paragraphMs };
      yield { kind: "speech", text: part, rate: 1 };
      isFirst = false;
      pauses = false;
    }
  }
}

/** What of a paragraph is said, sentence by sentence. */
function* partsOf(
  paragraph: string,
  { format, language }: PiecesOptions,
  atMost: () => number,
): Generator<string> {
  const words = withoutControls(format === "text" ? paragraph : withoutMarkdown(paragraph));
  for (const sentence of sentencesOf(words, language))
    for (const part of cut(sentence.replaceAll(/\s+/gu, " ").trim(), atMost()))
      if (/[\p{L}\p{N}]/u.test(part)) yield part;
}

/** Parts between empty lines; a block of code is one of them, whatever it holds. */
function* paragraphsOf(text: string): Generator<string> {
  let lines: string[] = [];
  let fence: string | undefined;
  for (const line of linesOf(text)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/u.exec(line)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : mark.startsWith(fence) ? undefined : fence;
    if (fence === undefined && line.trim() === "") {
      if (lines.length > 0) yield lines.join("\n");
      lines = [];
    } else lines.push(line);
  }
  if (lines.length > 0) yield lines.join("\n");
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at <= text.length;) {
    const end = text.indexOf("\n", at);
    yield text.slice(at, end === -1 ? text.length : end).replace(/\r$/u, "");
    if (end === -1) return;
    at = end + 1;
  }
}

/**
 * A sentence in parts of at most so many characters (the first; later ones `mostChars`), cut behind a clause, else between
 * words, else between characters as a reader sees them.
 */
function* cut(sentence: string, atMost: number): Generator<string> {
  let rest = sentence;
  for (let limit = atMost; rest.length > limit; limit = mostChars) {
    const at = cutAt(rest, limit);
    yield rest.slice(0, at).trim();
    rest = rest.slice(at).trim();
  }
  if (rest !== "") yield rest;
}

function cutAt(text: string, limit: number): number {
  const head = text.slice(0, limit + 1);
  const clause = lastEnd(head, /[,;:،、，；：—–)](?=\s|[\p{Lo}])/gu);
  if (clause > limit / 3) return clause;
  const word = head.lastIndexOf(" ");
  return word > 0 ? word : graphemesEnd(text, limit);
}

function lastEnd(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((_, { index, 0: found }) => index + found.length, 0);
}

/** The last place at or before `limit` where no character is cut apart; at `limit` when one is longer than that. */
function graphemesEnd(text: string, limit: number): number {
  let end = 0;
  for (const { index, segment } of graphemes.segment(text.slice(0, limit + 64))) {
    if (index + segment.length > limit) break;
    end = index + segment.length;
  }
  return end > 0 ? end : limit;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
