import { describe, expect, it } from "vitest";

import { queryTerms } from "./query.ts";
import { selectiveTerms } from "./selective.ts";

const frequencies = new Map([
  ["baking", 50],
  ["bread", 400],
  ["python", 9_000],
  ["list", 7_900],
]);
const kept = (text: string, budget?: number) =>
  selectiveTerms(queryTerms(text), frequencies, budget).map((term) => term.words.join(" "));

describe("the terms that a large index is asked for", () => {
  it("are the rarest that fit the budget, and all of them where everything fits", () => {
    expect(kept("python bread baking", 500)).toEqual(["baking", "bread"]);
    expect(kept("python bread baking", 100_000)).toEqual(["baking", "bread", "python"]);
  });

  it("are one at least, however common", () => {
    expect(kept("python list")).toEqual(["list"]);
    expect(kept("python")).toEqual(["python"]);
  });

  it("are none that no chunk holds", () => {
    expect(kept("zebra bread")).toEqual(["bread"]);
    expect(kept("zebra")).toEqual([]);
  });

  it("count a phrase by its rarest word", () => {
    expect(kept("python-baking", 150)).toEqual(["python baking", "baking"]);
  });
});
