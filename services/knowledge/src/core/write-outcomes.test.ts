import { expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { WriteOutcomes } from "./write-outcomes.ts";

test("the newest write that the storage refused stands, with its age, until one has gone through", () => {
  const outcomes = new WriteOutcomes();
  expect(outcomes.problem(0)).toBeUndefined();
  outcomes.failed(new AppError("storage_full", "the disk is full"), 1_000);
  outcomes.failed(new AppError("storage_unavailable", "it is read-only"), 2_000);
  expect(outcomes.problem(5_000)).toEqual({ why: "it is read-only", ageMs: 3_000 });
  expect(outcomes.isRefused).toBe(true);
  outcomes.wrote();
  expect(outcomes.problem(6_000)).toBeUndefined();
});

test.each([
  ["a refusal of ours", new AppError("memory_refused", "a greeting")],
  ["a missing row", new AppError("not_found", "no such memory")],
  ["a bug", new TypeError("undefined is not a function")],
])("%s says nothing of the storage", (_what, error) => {
  const outcomes = new WriteOutcomes();
  outcomes.failed(error, 1_000);
  expect(outcomes.problem(2_000)).toBeUndefined();
});

test("a clock that was set back makes no age negative", () => {
  const outcomes = new WriteOutcomes();
  outcomes.failed(new AppError("storage_full", "full"), 9_000);
  expect(outcomes.problem(1_000)).toEqual({ why: "full", ageMs: 0 });
});
