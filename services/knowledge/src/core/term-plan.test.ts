import { describe, expect, it } from "vitest";

import { queryTerms } from "./query.ts";
import { planTerms, type TermBudget } from "./term-plan.ts";

const frequencies = new Map([
  ["rye", 3],
  ["baking", 50],
  ["bread", 400],
  ["python", 9_000],
  ["list", 7_900],
]);
const small: TermBudget = { ranked: 500, walked: 8_000 };

function plan(text: string, budget?: TermBudget) {
  const { gate, also, isWhole } = planTerms(queryTerms(text), frequencies, budget);
  return { gate: gate.map((t) => t.words.join(" ")), also: also.map((t) => t.words.join(" ")), isWhole };
}

describe("the terms that a large index is asked for", () => {
  it("rank by the rarest that fit the budget, count the next along, and leave the commonest out", () => {
    const found = plan("python list bread baking", small);
    expect(found).toEqual({ gate: ["baking", "bread"], also: ["list"], isWhole: false });
  });

  it("are all of them where everything fits", () => {
    expect(plan("bread baking")).toEqual({ gate: ["baking", "bread"], also: [], isWhole: true });
    expect(plan("python list", { ranked: 100_000, walked: 0 })).toEqual({
      gate: ["list", "python"],
      also: [],
      isWhole: true,
    });
  });

  it("let a page of results in at least, however common the words are", () => {
    expect(plan("python list", small)).toMatchObject({ gate: ["list"], also: [] });
    expect(plan("rye python", small)).toMatchObject({ gate: ["rye", "python"], isWhole: true });
    expect(plan("python", small)).toMatchObject({ gate: ["python"], isWhole: true });
  });

  it("are none that no chunk holds", () => {
    expect(plan("zebra bread")).toMatchObject({ gate: ["bread"], isWhole: true });
    expect(plan("zebra")).toMatchObject({ gate: [], isWhole: true });
  });

  it("count a phrase by its rarest word", () => {
    expect(plan("python-baking list", { ranked: 150, walked: 0 }).gate).toEqual(["python baking", "baking"]);
  });
});
