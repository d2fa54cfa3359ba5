import { cutBefore } from "../lines.ts";
import { targetChars } from "./sizes.ts";

/** Part of a line: offsets from 0 in UTF-16 units, the end excluded. */
export type Columns = { readonly from: number; readonly to: number };

const sentenceEnd = /[.!?]["')\]]*\s|[。！？；]|;\s?/gu;

/**
 * Cuts a line that is too long for one chunk into pieces of about the target's length, at the last sentence's
 * end, else the last space, in the second half of each piece, else where it must. Leaves out white space at the
 * pieces' ends; never cuts a surrogate pair.
 */
export function splitLine(line: string): Columns[] {
  const pieces: Columns[] = [];
  for (let from = 0; from < line.length;) {
    const to =
      line.length - from <= targetChars
        ? line.length
        : from + cutOf(line.slice(from, from + targetChars + 1));
    const piece = line.slice(from, to);
    const lead = piece.length - piece.trimStart().length;
    const length = piece.trimEnd().length;
    if (length > lead) pieces.push({ from: from + lead, to: from + length });
    from = to;
  }
  return pieces;
}

/** Where to cut a window that is one unit longer than a piece may be. */
function cutOf(window: string): number {
  const half = targetChars / 2;
  let cut = 0;
  sentenceEnd.lastIndex = half;
  for (let found = sentenceEnd.exec(window); found; found = sentenceEnd.exec(window)) {
    cut = sentenceEnd.lastIndex;
  }
  cut ||= lastSpace(window, half);
  return cutBefore(window, Math.min(cut || targetChars, targetChars));
}

function lastSpace(window: string, least: number): number {
  for (let at = window.length - 1; at > least; at -= 1) {
    if (/\s/u.test(window.charAt(at))) return at;
  }
  return 0;
}
