import { expect, test } from "vitest";

import { snapshotOf } from "../../test/fake-controller.ts";
import { buildDirectory } from "./directory.ts";
import { modelCards } from "./model-cards.ts";

test("S35: cards are sorted, names before aliases, and say on which device a model really is", () => {
  const directory = buildDirectory(
    snapshotOf([
      { name: "b", aliases: ["0"], device: { wanted: "gpu", actual: "cpu" } },
      { name: "a", device: { wanted: "gpu", actual: "" } },
    ]),
  );
  expect(modelCards(directory, new Map()).map((c) => [c.id, c.benchai.device, c.benchai.alias_of])).toEqual([
    ["a", "gpu", undefined],
    ["b", "cpu", undefined],
    ["0", "cpu", "b"],
  ]);
});
