import type { WordTiming } from "./pcm.ts";

/** A sentence as it is heard: from where to where in the whole, and its words from its own beginning. */
export type CaptionPart = {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly words?: readonly WordTiming[] | undefined;
};

/** What stands on the screen at a time, from the beginning of the whole. */
export type Cue = { readonly startMs: number; readonly endMs: number; readonly lines: readonly string[] };

/** A stretch of text that is not divided, and when it is said. */
type Unit = { readonly text: string; readonly startMs: number; readonly endMs: number };

/** As subtitles are commonly made: two lines of 42 characters, 7 s. */
const maxLineChars = 42;
const maxCueMs = 7_000;

/** The cues of a sentence: one, or some when it is long, which follow each other without a gap. */
export function cuesOf(part: CaptionPart): readonly Cue[] {
  const units = unitsOf({ ...part, text: plain(part.text) });
  const groups: Unit[][] = [];
  for (const unit of units) {
    const group = groups.at(-1);
    if (group && fits([...group, unit])) group.push(unit);
    else groups.push([unit]);
  }
  return groups.map((group, i) => cueOf(group, groups[i + 1]?.[0]?.startMs ?? part.endMs));
}

/** Control characters and line breaks have no place in a cue: an empty line would end it. */
function plain(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
}

function fits(units: readonly Unit[]): boolean {
  const ms = (units.at(-1)?.endMs ?? 0) - (units[0]?.startMs ?? 0);
  return ms <= maxCueMs && linesOf(textOf(units)).length <= 2;
}

function cueOf(units: readonly Unit[], endMs: number): Cue {
  const startMs = units[0]?.startMs ?? endMs;
  // A cue must end after it begins, on the clock of whole milliseconds too.
  return { startMs, endMs: Math.max(endMs, startMs + 1), lines: linesOf(textOf(units)) };
}

function textOf(units: readonly Unit[]): string {
  return units
    .map(({ text }) => text)
    .join("")
    .trim();
}

/** The text in pieces that are a word each, with the space after it, or less where a word is longer than a line. */
function unitsOf({ text, startMs, endMs, words = [] }: CaptionPart): readonly Unit[] {
  const pieces = [...text.matchAll(/\S+\s*/gu)].flatMap(({ 0: piece, index }) => cut(piece, index));
  const startOf = clockOf(text, startMs, endMs, words);
  return pieces.map(({ piece, at }, i) => ({
    text: piece,
    startMs: startOf(at),
    endMs: startOf(pieces[i + 1]?.at ?? text.length),
  }));
}

function cut(piece: string, index: number): readonly { readonly piece: string; readonly at: number }[] {
  const cuts: { piece: string; at: number }[] = [];
  for (let rest = piece, at = index; rest !== "";) {
    const part = rest.trimEnd().length <= maxLineChars ? rest : beginning(rest);
    cuts.push({ piece: part, at });
    rest = rest.slice(part.length);
    at += part.length;
  }
  return cuts;
}

/** At most a line of it, without taking a character apart. */
function beginning(text: string): string {
  const part = text.slice(0, maxLineChars);
  return /[\ud800-\udbff]$/u.test(part) ? part.slice(0, -1) : part;
}

/**
 * When the character at an offset is said. Words that the engine tells of and the text has are fixed points; what lies between
 * (all of it, without words) is as long as its share of the characters.
 */
function clockOf(
  text: string,
  startMs: number,
  endMs: number,
  words: readonly WordTiming[],
): (at: number) => number {
  const points = [{ at: 0, ms: startMs }];
  let behind = 0;
  for (const { word, startMs: wordMs } of words) {
    const before = points.at(-1) ?? { at: 0, ms: startMs };
    const at = text.indexOf(word, behind);
    const ms = startMs + wordMs;
    if (at < 0 || ms < before.ms || ms > endMs) continue;
    behind = at + word.length;
    if (at > before.at) points.push({ at, ms });
  }
  points.push({ at: text.length, ms: endMs });
  return (at) => {
    const next = Math.max(
      1,
      points.findIndex((point) => point.at >= at),
    );
    const [from, to] = [points[next - 1], points[next]];
    if (!from || !to || to.at === from.at) return endMs;
    return from.ms + ((to.ms - from.ms) * (at - from.at)) / (to.at - from.at);
  };
}

/** Lines of at most 42 characters, broken at spaces; two of them about equally long. */
function linesOf(text: string): readonly string[] {
  const greedy = wrap(text, maxLineChars);
  if (greedy.length !== 2) return greedy;
  for (let width = Math.ceil(text.length / 2); width < maxLineChars; width += 1) {
    const lines = wrap(text, width);
    if (lines.length === 2 && lines.every((line) => line.length <= width)) return lines;
  }
  return greedy;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= width || line === "") {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}
