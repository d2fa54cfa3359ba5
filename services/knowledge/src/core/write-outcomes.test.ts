import { expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { WriteOutcomes } from "./write-outcomes.ts";

test("the newest write that the storage refused stands, with its age, until one has gone through", () => {
  const outcomes = new WriteOutcomes();
  outcomes.note(undefined, 1, 500);
  expect(outcomes.problem(600)).toBeUndefined();
  outcomes.note(new AppError("storage_full", "the disk is full"), 1, 1_000);
  outcomes.note(new AppError("storage_unavailable", "it is read-only"), 1, 2_000);
  expect(outcomes.problem(5_000)).toEqual({ why: "it is read-only", ageMs: 3_000 });
  outcomes.note(undefined, 2, 6_000);
  expect(outcomes.problem(6_000)).toBeUndefined();
});

test("a call that succeeds without having written anything clears nothing, and neither does a refusal of ours", () => {
  const outcomes = new WriteOutcomes();
  outcomes.note(new AppError("storage_full", "the disk is full"), 7, 1_000);
  outcomes.note(undefined, 7, 1_100);
  outcomes.note(new AppError("memory_refused", "a greeting"), 7, 1_200);
  expect(outcomes.problem(2_000)).toEqual({ why: "the disk is full", ageMs: 1_000 });
});

test.each([
  ["a refusal of ours", new AppError("memory_refused", "a greeting")],
  ["a missing row", new AppError("not_found", "no such memory")],
  ["a bug", new TypeError("undefined is not a function")],
])("%s says nothing of the storage", (_what, error) => {
  const outcomes = new WriteOutcomes();
  outcomes.note(error, 0, 1_000);
  expect(outcomes.problem(2_000)).toBeUndefined();
});

test("a clock that was set back makes no age negative", () => {
  const outcomes = new WriteOutcomes();
  outcomes.note(new AppError("storage_full", "full"), 0, 9_000);
  expect(outcomes.problem(1_000)).toEqual({ why: "full", ageMs: 0 });
});
