import { expect, test } from "vitest";

import { randomModelBytes } from "./gguf-writer.ts";

test("a seed makes one model, and another seed another of the same size", () => {
  const [one, again, other] = [1, 1, 2].map((seed) => randomModelBytes({ seed, name: "x" }));
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(other?.length).toBe(one?.length);
});
