import { describe, expect, it } from "vitest";

import { mean, ndcg, quantile, recall, reciprocalRank, standardError } from "./retrieval-metrics.ts";

const graded = new Map([
  ["best", 3],
  ["good", 2],
  ["fair", 1],
  ["bad", 0],
]);

describe("nDCG", () => {
  it("is 1 for the ideal order, whatever follows", () => {
    expect(ndcg(["best", "good", "fair", "bad", "unjudged"], graded, 10)).toBe(1);
  });

  it("discounts graded gains by the logarithm of the rank", () => {
    const ideal = 3 + 2 / Math.log2(3) + 1 / 2;
    expect(ndcg(["fair", "unjudged", "best"], graded, 10)).toBeCloseTo((1 + 3 / 2) / ideal, 12);
  });

  it("does not care which of two equally relevant documents comes first", () => {
    const judgements = new Map([
      ["a", 1],
      ["b", 1],
    ]);
    expect(ndcg(["a", "x", "b"], judgements, 10)).toBe(ndcg(["b", "x", "a"], judgements, 10));
  });

  it("counts no further than its depth, in the answer and in the ideal", () => {
    expect(ndcg(["bad", "bad2", "best"], graded, 2)).toBe(0);
    expect(ndcg(["best", "good"], graded, 2)).toBe(1);
  });

  it("is 0 when nothing relevant was found and NaN when nothing is relevant", () => {
    expect(ndcg([], graded, 10)).toBe(0);
    expect(ndcg(["a"], new Map([["a", 0]]), 10)).toBeNaN();
  });
});

describe("recall", () => {
  it("is the share of the relevant that is found within the depth", () => {
    expect(recall(["good", "bad", "x", "fair"], graded, 3)).toBeCloseTo(1 / 3, 12);
    expect(recall(["good", "bad", "x", "fair"], graded, 4)).toBeCloseTo(2 / 3, 12);
    expect(recall(["a"], new Map(), 3)).toBeNaN();
  });
});

describe("the mean", () => {
  it("weighs each query alike", () => {
    expect(mean([1, 0, 0.5])).toBe(0.5);
  });
});

describe("the reciprocal rank", () => {
  it("is one by the rank of the first relevant document, however relevant", () => {
    expect(reciprocalRank(["bad", "x", "fair", "best"], graded, 10)).toBeCloseTo(1 / 3, 12);
    expect(reciprocalRank(["good"], graded, 10)).toBe(1);
  });

  it("is 0 when none is among the first, and NaN when nothing is relevant", () => {
    expect(reciprocalRank(["x", "y", "best"], graded, 2)).toBe(0);
    expect(reciprocalRank(["a"], new Map([["a", 0]]), 10)).toBeNaN();
  });
});

describe("the standard error", () => {
  it("falls with the root of the number of questions", () => {
    expect(standardError([0, 1, 0, 1])).toBeCloseTo(0.25, 12);
    expect(standardError([1, 1, 1])).toBe(0);
  });
});

describe("a quantile", () => {
  it("is a value that was measured, by nearest rank", () => {
    const times = [50, 10, 40, 20, 30];
    expect([0, 0.5, 0.95, 1].map((share) => quantile(times, share))).toEqual([10, 30, 50, 50]);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
