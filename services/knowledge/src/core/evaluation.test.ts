import { expect, it } from "vitest";

import { type Asked, evaluationTable, worstQuestions } from "./evaluation.ts";

const asked = (question: string, paths: string[], found: string[], ms: number): Asked => ({
  question,
  paths,
  found,
  ms,
});
const words = [
  asked("found at once", ["a.md"], ["a.md", "b.md"], 1),
  asked("found second", ["b.md"], ["a.md", "b.md"], 2),
  asked("one of two", ["c.md", "d.md"], ["c.md"], 30),
  asked("not found", ["e.md"], [], 4),
];

it("an evaluation is a table with a line for each way to search", () => {
  const both = words.map((one) => ({ ...one, found: one.paths, ms: 10 }));
  expect(
    evaluationTable([
      { mode: "words", asked: words },
      { mode: "both", asked: both },
    ]).join("\n"),
  ).toBe(
    `
search by  nDCG@10        recall@10  MRR@10  p50 ms  p95 ms
words      0.561 ± 0.179  0.625      0.625   2.0     30.0
both       1.000 ± 0.000  1.000      1.000   10.0    10.0`.trim(),
  );
});

it("the worst questions are told with what was wanted and what was found, the worst first", () => {
  expect(worstQuestions({ mode: "words", asked: words })).toEqual([
    "worst by words:",
    "  0.00  not found  wanted e.md  found nothing",
    "  0.61  one of two  wanted c.md, d.md  found c.md",
    "  0.63  found second  wanted b.md  found a.md",
  ]);
  expect(worstQuestions({ mode: "words", asked: words.slice(0, 1) })).toEqual([
    "every question found its document first, by words",
  ]);
});

it("only ten of the worst are told", () => {
  const many = Array.from({ length: 50 }, (_, i) => asked(`q${i}`, ["a.md"], [], 1));
  expect(worstQuestions({ mode: "both", asked: many })).toHaveLength(11);
});
