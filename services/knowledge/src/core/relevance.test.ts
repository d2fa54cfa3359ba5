import { describe, expect, it } from "vitest";

import { coverage, isRelevant } from "./relevance.ts";

const seen = (...words: [number, boolean][]) =>
  words.map(([frequency, isInChunk]) => ({ frequency, isInChunk }));
const chunks = 1_000;

describe("the share of a question that a chunk covers", () => {
  it("is 1 for all of its words and 0 for none, or for no words", () => {
    expect(coverage(seen([3, true], [400, true]), chunks)).toBe(1);
    expect(coverage(seen([3, false], [400, false]), chunks)).toBe(0);
    expect(coverage([], chunks)).toBe(0);
  });

  it("counts a rare word for more than a common one, and an unheard-of one for most", () => {
    expect(coverage(seen([2, true], [500, false]), chunks)).toBeGreaterThan(0.8);
    expect(coverage(seen([2, true], [0, false]), chunks)).toBeLessThan(0.5);
  });
});

describe("relevance", () => {
  const allWords = seen([3, true], [20, true], [90, true]);
  it("takes a chunk that covers the question and lies near it", () => {
    expect(isRelevant({ words: allWords, chunks, cosine: 0.5 })).toBe(true);
  });

  it("refuses a chunk that has the words and is about something else", () => {
    expect(isRelevant({ words: allWords, chunks, cosine: 0.1 })).toBe(false);
  });

  it("refuses a single word in common, unless the chunk lies near", () => {
    expect(isRelevant({ words: seen([5, true]), chunks, cosine: 0.4 })).toBe(false);
    expect(isRelevant({ words: seen([5, true]), chunks, cosine: 0.6 })).toBe(true);
    expect(isRelevant({ words: seen([5, true]), chunks, cosine: undefined })).toBe(false);
  });

  it("goes by coverage alone where cosines say nothing", () => {
    expect(isRelevant({ words: allWords, chunks, cosine: undefined })).toBe(true);
    expect(
      isRelevant({ words: [...allWords, ...seen([0, false], [0, false])], chunks, cosine: undefined }),
    ).toBe(false);
  });

  it("refuses a question of no words", () => {
    expect(isRelevant({ words: [], chunks, cosine: 0.4 })).toBe(false);
  });
});
