import { expect, test } from "vitest";

import { modelView, snapshotOf } from "../../test/fake-controller.ts";
import { buildDirectory, modelNotFound } from "./directory.ts";

const endpoint = { generation: "g", url: "http://w", apiKey: "k" };

test("B9: a model is found by name and alias, and a name wins over an alias", () => {
  const directory = buildDirectory(
    snapshotOf([{ name: "a", aliases: ["b", "x"], endpoint }, { name: "b" }, { name: "c", aliases: ["x"] }]),
  );
  expect(["a", "b", "c", "x", "y", "__proto__"].map((n) => directory.get(n)?.view.name)).toEqual([
    "a",
    "b",
    "c",
    "a",
    undefined,
    undefined,
  ]);
  expect(directory.get("x")?.endpoint).toEqual(endpoint);
  expect(directory.get("b")?.endpoint).toBeUndefined();
});

test("B7: a slot named like a property of every object has no endpoint of its own accord", () => {
  const { status } = snapshotOf([{ name: "m", slot: "constructor" }]);
  expect(buildDirectory({ status, endpoints: {} }).get("m")?.endpoint).toBeUndefined();
});

test("S35: an unknown model is told at most ten that exist, without aliases, and its own name in short", () => {
  const models = Array.from({ length: 12 }, (_, i) => ({ name: `m${i}`, aliases: [`alias${i}`] }));
  const { message } = modelNotFound("x".repeat(500), buildDirectory(snapshotOf(models)));
  expect(message).toContain("available: m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, and 2 more");
  expect(message).not.toContain("alias");
  expect(message.length).toBeLessThan(250);
  expect(modelNotFound("x", new Map()).message).toContain("no model is installed");
  expect(modelView({ name: "m" }).state).toBe("unloaded");
});
