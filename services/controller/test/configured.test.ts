import { expect, test } from "vitest";

import { Rig } from "./rig.ts";

test("assistants and owners are published as configured, kept through trouble, and gone when they are deleted", async () => {
  await using rig = await Rig.open("a");
  const hash = "0".repeat(64);
  await rig.configure(
    `assistants: { x: { model: a, system: s } }\nowners: { anna: { keys: ["${hash}"] } }\n`,
  );
  const c = await rig.controller();
  await c.settle();
  const published = {
    assistants: [{ name: "x", model: "a", system: "s", enrichment: {} }],
    owners: [{ name: "anna", keys: [hash] }],
  };
  expect(c.publisher.newest).toMatchObject(published);
  await rig.configure("assistants: { x: { model: x } }");
  await c.until("the problem", () => c.publisher.newest?.status.config.ok === false);
  expect(c.publisher.newest).toMatchObject(published);
  await rig.configure("");
  await c.until("nothing configured", () => c.publisher.newest?.status.config.ok === true);
  expect(Object.keys(c.publisher.newest ?? {}).toSorted()).toEqual(["endpoints", "status"]);
});
