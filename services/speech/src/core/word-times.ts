import type { WordTiming } from "./pcm.ts";

/** What an engine tells of its sound as it makes it, in this order. */
export type SpeechMark = {
  /** A word begins, a sound of it, or silence. */
  readonly kind: "word" | "sound" | "pause";
  /** Of a word: which code point of the text it begins with. */
  readonly at: number;
  readonly ms: number;
};

/** A word in the text, in UTF-16 units, and in code points from where to where. */
type Span = { readonly start: number; readonly end: number; readonly from: number; readonly to: number };

/** Scripts that do not part their words. */
const unparted =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const segmenter = new Intl.Segmenter("und", { granularity: "word" });
const edges = /^\p{P}+|\p{P}+$/gu;

/**
 * When each word of the text is said: from its mark to the silence after it or the next word's. Marks and words are not the same:
 * a number has many marks, which are one word here, and words without one of their own ("of the", said as one) are joined to the
 * word before. `lastsMs` is the whole sound's length, beyond which nothing lies.
 */
export function wordTimes(text: string, marks: readonly SpeechMark[], lastsMs: number): WordTiming[] {
  const spans = spansOf(text);
  const begun: { readonly at: number; readonly startMs: number; endMs: number }[] = [];
  let [ms, silentFrom] = [0, Infinity];
  for (const mark of marks) {
    // Beyond 450 words a minute espeak's marks are some samples off, and not always in order.
    ms = Math.min(lastsMs, Math.max(ms, mark.ms));
    if (mark.kind === "pause") silentFrom = Math.min(silentFrom, ms);
    else if (mark.kind === "sound") silentFrom = Infinity;
    else {
      const last = begun.at(-1);
      const at = indexOf(spans, mark.at, (last?.at ?? -1) + 1);
      if (at === undefined) continue;
      if (last) last.endMs = Math.min(ms, silentFrom);
      begun.push({ at, startMs: ms, endMs: lastsMs });
      silentFrom = Infinity;
    }
  }
  const last = begun.at(-1);
  if (last) last.endMs = Math.min(lastsMs, silentFrom);
  return begun.map(({ at, startMs, endMs }, i) => ({
    word: text.slice(spans[at]?.start, spans[(begun[i + 1]?.at ?? spans.length) - 1]?.end),
    startMs: Math.floor(startMs),
    endMs: Math.floor(endMs),
  }));
}

/** Which word, of those from `first` on, the code point is in. */
function indexOf(spans: readonly Span[], point: number, first: number): number | undefined {
  let at = first;
  while ((spans[at]?.to ?? Infinity) <= point) at++;
  return (spans[at]?.from ?? Infinity) <= point ? at : undefined;
}

/** The words as a reader sees them, without the signs around them. */
function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let [unit, point] = [0, 0];
  for (const { 0: run, index } of text.matchAll(/\S+/gu)) {
    const parts = unparted.test(run) ? [...segmenter.segment(run)] : [{ segment: run, index: 0 }];
    for (const { segment, index: within } of parts) {
      const word = segment.replaceAll(edges, "");
      if (word === "") continue;
      const start = index + within + segment.indexOf(word);
      const from = point + lengthOf(text.slice(unit, start));
      [unit, point] = [start + word.length, from + lengthOf(word)];
      spans.push({ start, end: unit, from, to: point });
    }
  }
  return spans;
}

/** In code points. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
