import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type SpeechMark, wordTimes } from "./word-times.ts";

const word = (at: number, ms: number): SpeechMark => ({ kind: "word", at, ms });
const sound = (ms: number): SpeechMark => ({ kind: "sound", at: 0, ms });
const pause = (ms: number): SpeechMark => ({ kind: "pause", at: 0, ms });
const told = (text: string, marks: readonly SpeechMark[], lastsMs = 1_000) =>
  wordTimes(text, marks, lastsMs).map((each) => `${each.word} ${each.startMs}-${each.endMs}`);

describe("when words are said", () => {
  it("is from a word's mark to the next one's, or to the silence before that", () => {
    const marks = [word(0, 0), sound(0), pause(300), pause(400), word(7, 500), sound(500), pause(900)];
    expect(told("Hello, world.", marks)).toEqual(["Hello 0-300", "world 500-900"]);
  });

  it("takes no silence within a word for its end", () => {
    expect(told("a b", [word(0, 0), pause(50), sound(60), word(2, 100)])).toEqual(["a 0-100", "b 100-1000"]);
  });

  it("counts characters as espeak does, whatever stands before them", () => {
    expect(told("🦊🦊 “Ünï” двa", [word(0, 0), word(4, 100), word(9, 200)])).toEqual([
      "🦊🦊 0-100",
      "Ünï 100-200",
      "двa 200-1000",
    ]);
  });

  it("makes one word of the many of a number, and joins words that have none of their own", () => {
    const marks = [word(0, 0), word(1, 100), word(2, 200), word(4, 300), word(11, 500)];
    expect(told("123 of the day", marks)).toEqual(["123 0-300", "of the 300-500", "day 500-1000"]);
  });

  it("parts words in scripts without blanks", () => {
    expect(told("你好，世界", [word(0, 0), word(1, 100), word(3, 200), word(4, 300)])).toEqual([
      "你好 0-200",
      "世界 200-1000",
    ]);
  });

  it("has no word for signs, and none without marks", () => {
    expect(told("— a …", [word(0, 0), word(2, 100), word(4, 200)])).toEqual(["a 100-1000"]);
    expect(told("a b", [])).toEqual([]);
  });

  it("is in order, within the sound and of the text, whatever the engine tells", () => {
    const mark = fc.record({
      kind: fc.constantFrom("word" as const, "sound" as const, "pause" as const),
      at: fc.integer({ min: -1, max: 30 }),
      ms: fc.integer({ min: -10, max: 1_200 }),
    });
    const unit = fc.constantFrom("a", "b", " ", ",", "🦊", "你", "\ud800");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), fc.array(mark), (text, marks) => {
        let [at, ms] = [0, 0];
        for (const each of wordTimes(text, marks, 1_000)) {
          const found = text.indexOf(each.word, at);
          expect(found).toBeGreaterThanOrEqual(at);
          expect(each.word).toMatch(/\S/u);
          expect(each.startMs).toBeGreaterThanOrEqual(ms);
          expect(each.endMs).toBeGreaterThanOrEqual(each.startMs);
          [at, ms] = [found + each.word.length, each.endMs];
        }
        expect(ms).toBeLessThanOrEqual(1_000);
      }),
    );
  });
});
