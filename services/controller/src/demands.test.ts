import { expect, test } from "vitest";

import { Demands } from "./demands.ts";

const waits = { inFlight: 0, queued: 1, oldestWaitMs: 1 };
const runs = { inFlight: 1, queued: 0, oldestWaitMs: 0 };

test("a report is worth a look when what is needed changed, and not when only counts and waits did", () => {
  const demands = new Demands();
  const put = (models: Record<string, typeof waits>) => demands.put({ routerId: "r", models }, 0);
  expect(put({})).toBe(false);
  expect(put({ a: waits })).toBe(true);
  expect(put({ a: { ...waits, queued: 5, oldestWaitMs: 900 } })).toBe(false);
  expect(put({ a: runs })).toBe(true);
  expect(put({ a: runs, b: waits })).toBe(true);
  expect(put({ b: waits, a: runs })).toBe(false);
  expect(put({})).toBe(true);
});

test("a router's newest report replaces what it said before, and leaves the others' alone", () => {
  const demands = new Demands();
  demands.put({ routerId: "r1", models: { a: waits } }, 0);
  demands.put({ routerId: "r2", models: { a: runs } }, 0);
  demands.put({ routerId: "r1", models: { b: waits } }, 0);
  expect(demands.total(0)).toEqual(
    new Map([
      ["b", waits],
      ["a", runs],
    ]),
  );
});

test("a router that has been silent for long is forgotten, and is news when it comes back", () => {
  const demands = new Demands();
  demands.put({ routerId: "r", models: { a: waits } }, 0);
  expect(demands.total(120_000).size).toBe(0);
  expect(demands.put({ routerId: "r", models: { a: waits } }, 120_000)).toBe(true);
});
