import fc from "fast-check";
import { expect, test } from "vitest";

import { captions } from "./captions.ts";
import { cuesOf } from "./cues.ts";

const hello = {
  text: "Hello, brave world.",
  startMs: 1_500,
  endMs: 3_000,
  words: [
    { word: "Hello", startMs: 0, endMs: 400 },
    { word: "brave", startMs: 500, endMs: 800 },
    { word: "world", startMs: 900, endMs: 1_500 },
  ],
};
const later = { text: "A <b> & --> c.", startMs: 3_599_999.6, endMs: 3_601_002.4 };

test("SubRip has numbers, commas and arrows only where times are", () => {
  expect(captions([hello, later], "srt")).toBe(
    `1\n00:00:01,500 --> 00:00:03,000\nHello, brave world.\n\n2\n01:00:00,000 --> 01:00:01,002\nA <b> & → c.\n`,
  );
});

test("WebVTT has a head, points, and escapes", () => {
  expect(captions([hello, later], "vtt")).toBe(
    `WEBVTT\n\n00:00:01.500 --> 00:00:03.000\nHello, brave world.\n\n01:00:00.000 --> 01:00:01.002\nA &lt;b&gt; &amp; --&gt; c.\n`,
  );
});

test("JSON has the shape of a transcription: seconds, a segment a sentence, words where they are known", () => {
  expect(JSON.parse(captions([hello, { ...later, startMs: 3_000, endMs: 4_000 }], "json"))).toEqual({
    duration: 4,
    text: "Hello, brave world. A <b> & --> c.",
    segments: [
      { id: 0, start: 1.5, end: 3, text: "Hello, brave world." },
      { id: 1, start: 3, end: 4, text: "A <b> & --> c." },
    ],
    words: [
      { word: "Hello", start: 1.5, end: 1.9 },
      { word: "brave", start: 2, end: 2.3 },
      { word: "world", start: 2.4, end: 3 },
    ],
  });
});

test("no speech is no cue", () => {
  expect(["json", "srt", "vtt"].map((format) => captions([], format as "srt"))).toEqual([
    `{"duration":0,"text":"","segments":[],"words":[]}`,
    "",
    "WEBVTT\n",
  ]);
});

test("a long sentence becomes cues that begin when the engine says their first word", () => {
  const texts = Array.from({ length: 40 }, (_, i) => `word${i}`);
  // The second half is said three times as slowly.
  const at = (i: number) => (i < 20 ? i * 100 : 2_000 + (i - 20) * 300);
  const words = texts.map((word, i) => ({ word, startMs: at(i), endMs: at(i + 1) }));
  const cues = cuesOf({ text: texts.join(" "), startMs: 10_000, endMs: 18_000, words });
  expect(cues.length).toBeGreaterThan(2);
  for (const cue of cues) {
    const [first = ""] = cue.lines[0]?.split(" ") ?? [];
    expect(cue.startMs).toBe(10_000 + at(texts.indexOf(first)));
  }
});

test("words that the text does not have, as numbers are spelled out, do not disturb the times", () => {
  const words = [
    { word: "one hundred", startMs: 0, endMs: 900 },
    { word: "days", startMs: 1_000, endMs: 1_500 },
  ];
  expect(cuesOf({ text: "100 days", startMs: 0, endMs: 1_500, words })).toEqual([
    { startMs: 0, endMs: 1_500, lines: ["100 days"] },
  ]);
});

test("a word is looked for behind the one before it, not within that", () => {
  const text = "one two three four five six the he now";
  const words = text.split(" ").map((word, i) => ({ word, startMs: i * 1_000, endMs: i * 1_000 + 1_000 }));
  expect(cuesOf({ text, startMs: 0, endMs: 9_000, words })).toEqual([
    { startMs: 0, endMs: 7_000, lines: ["one two three four five six the"] },
    { startMs: 7_000, endMs: 9_000, lines: ["he now"] },
  ]);
});

test("a sentence of two lines is broken about in the middle", () => {
  const text = "The quick brown fox jumps over the lazy dog and runs.";
  expect(cuesOf({ text, startMs: 0, endMs: 3_000 })[0]?.lines).toEqual([
    "The quick brown fox jumps",
    "over the lazy dog and runs.",
  ]);
});

test("of any text, cues are readable, follow each other, fill the sentence's time and say all of it", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.lorem({ maxCount: 60 }),
    fc.string({ unit: "binary", maxLength: 300 }),
  );
  fc.assert(
    fc.property(text, fc.nat(10_000), fc.integer({ min: 1, max: 60_000 }), (spoken, startMs, ms) => {
      const cues = cuesOf({ text: spoken, startMs, endMs: startMs + ms });
      const squeezed = (s: string) => s.replaceAll(/[\s\p{Cc}]+/gu, "");
      expect(squeezed(cues.flatMap(({ lines }) => lines).join(""))).toBe(squeezed(spoken));
      let before = startMs;
      for (const cue of cues) {
        expect(cue.startMs).toBeCloseTo(before);
        expect(cue.endMs).toBeGreaterThan(cue.startMs);
        before = cue.endMs;
        expect(cue.lines.length).toBeLessThanOrEqual(2);
        for (const line of cue.lines) expect(line.length).toBeLessThanOrEqual(42);
        for (const line of cue.lines) expect(line).not.toBe("");
      }
    }),
  );
});
