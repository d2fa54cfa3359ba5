import { expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { budgetTokens, mergedWish, wantsText } from "./enrichment.ts";
import { readWish } from "./wish.ts";

function paramOf(run: () => unknown): string {
  try {
    run();
    return "none";
  } catch (error) {
    return error instanceof AppError ? `${error.code} ${error.param}` : "crash";
  }
}

test("a request that says nothing wishes nothing", () => {
  expect(readWish(undefined, { authorization: "x" })).toBeUndefined();
});

test.each<[unknown, Record<string, string>, object]>([
  [{}, {}, {}],
  [{ memory: true, save: true }, {}, { memory: true, save: true }],
  [undefined, { "x-benchai-memory": "true" }, { memory: true }],
  [undefined, { "x-benchai-memory": "caf%C3%A9" }, { memory: { namespace: "café" } }],
  [undefined, { "x-benchai-rag": "notes, gr%C3%BCn" }, { rag: { collections: ["notes", "grün"] } }],
  [undefined, { "x-benchai-rag": "false" }, { rag: false }],
  [{ memory: false }, { "x-benchai-memory": "true", "x-benchai-rag": "true" }, { memory: false, rag: true }],
])("the field %j with headers %j asks for %j", (field, headers, expected) => {
  expect(readWish(field, headers)).toEqual(expected);
});

test.each<[unknown, string]>([
  [null, "benchai"],
  ["x", "benchai"],
  [[], "benchai"],
  [{ rag: { k: 0 } }, "benchai.rag"],
  [{ save: "yes" }, "benchai.save"],
  [{ budget_tokens: 1 }, "benchai.budget_tokens"],
  [{ owner: "anna" }, "benchai"],
])("the field %j is refused and named", (field, param) => {
  expect(paramOf(() => readWish(field, {}))).toMatch(new RegExp(`^invalid_request ${param}`));
});

test.each([
  ["x-benchai-memory", ""],
  ["x-benchai-memory", "%zz"],
  ["x-benchai-memory", "n".repeat(300)],
  ["x-benchai-rag", "c,".repeat(70)],
])("the header %s: %s is refused and named", (name, value) => {
  expect(paramOf(() => readWish(undefined, { [name]: value }))).toBe(`invalid_request ${name}`);
});

test("each setting is the request's, else the assistant's", () => {
  expect(mergedWish({ memory: false }, { memory: true, rag: true })).toEqual({ memory: false, rag: true });
  expect(wantsText(mergedWish({ rag: false, memory: false }, { rag: true }))).toBe(false);
  expect(wantsText({ save: true })).toBe(false);
});

test("the budget is the least of request, assistant and share of the context", () => {
  const assistant = { name: "a", model: "m", enrichment: { budget_tokens: 700 } };
  const least = (own: number | undefined, contextTokens: number) =>
    budgetTokens(own === undefined ? undefined : { budget_tokens: own }, assistant, { contextTokens }, 0.25);
  expect([least(500, 8_192), least(900, 8_192), least(undefined, 2_000), least(undefined, 0)]).toEqual([
    500, 700, 500, 700,
  ]);
});
