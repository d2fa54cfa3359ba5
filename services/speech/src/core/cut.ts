import { type Behind, sentenceEnd, undecided } from "./sentences.ts";

/** How much of what follows decides where a piece ends. */
const lookAheadChars = 24;

/** The part of `text` from `at` that decides about one piece of at most `limit` characters. */
function windowAt(text: string, at: number, limit: number): string {
  return text.slice(at, at + limit + lookAheadChars);
}

const clauses = /[,;:!?…)\]][”"’»]?(?=\s)|\.[”"’»)]?(?=\s)|[–—](?=\s)|[、，；：،؛。！？]/gu;

/** Behind the last comma or its like that is not near the beginning; "1,000" has none. */
function clauseEnd(head: string, least: number): number | undefined {
  const ends = Array.from(head.matchAll(clauses), (match) => match.index + match[0].length);
  return ends.findLast((end) => end >= least && end < head.length);
}

/** At the last blank; rather not between a number and what it counts. */
function blankBefore(head: string, least: number): number | undefined {
  const blanks = Array.from(head.matchAll(/(.)\s/gsu), (match) => ({
    at: match.index + 1,
    number: /\p{N}/u.test(match[1] ?? ""),
  }));
  const far = blanks.filter((blank) => blank.at >= least);
  return (far.findLast((blank) => !blank.number) ?? far.at(-1) ?? blanks.at(-1))?.at;
}

const segmenters = new Map<string, Intl.Segmenter>();
const maxSegmenters = 64;

function segmenter(language: string, granularity: "grapheme" | "word"): Intl.Segmenter {
  const key = `${granularity} ${language}`;
  const known = segmenters.get(key);
  if (known !== undefined) return known;
  const fresh = new Intl.Segmenter(canonical(language), { granularity });
  if (segmenters.size < maxSegmenters) segmenters.set(key, fresh);
  return fresh;
}

/** `Intl` throws on what is no language tag. */
function canonical(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "und";
  } catch {
    return "und";
  }
}

/** Between words that no blank parts (Thai, Chinese), or else between two characters as a reader counts them. */
function insideWord(window: string, limit: number, language: string): number {
  for (const granularity of ["word", "grapheme"] as const) {
    const segments = [...segmenter(language, granularity).segment(window)];
    const end = segments.findLast((segment) => segment.index <= limit && segment.index > limit / 2)?.index;
    if (end !== undefined) return end;
  }
  // A letter under a heap of accents: only the halves of one character stay together.
  return /[\udc00-\udfff]/u.test(window.charAt(limit)) ? limit - 1 : limit;
}

function cutLong(window: string, limit: number, language: string): number {
  const head = window.slice(0, limit + 1);
  const least = Math.ceil(limit / 4);
  return clauseEnd(head, least) ?? blankBefore(head, least) ?? insideWord(window, limit, language);
}

/**
 * How many characters from `at` the next piece has, at most about `limit`: a sentence, else what ends with a clause, a word, a
 * character. undefined while more text could change that: so a text in parts is cut like the whole (`ended`: nothing follows).
 */
export function pieceLength(
  text: string,
  at: number,
  limit: number,
  language: string,
  ended: boolean,
): number | undefined {
  const window = windowAt(text, at, limit);
  if (window === "") return undefined;
  const full = window.length === limit + lookAheadChars;
  const behind: Behind = full ? "more" : ended ? "end" : "unknown";
  const end = sentenceEnd(window, limit, language, behind);
  if (end === undecided) return undefined;
  return end ?? cutLong(window, limit, language);
}

/** `text` in parts of at most about `limit` characters. */
export function* partsOf(text: string, limit: number, language: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const length = pieceLength(text, at, limit, language, true) ?? text.length - at;
    yield text.slice(at, at + length);
    at += length;
  }
}
