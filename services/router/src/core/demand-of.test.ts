import { expect, test } from "vitest";

import { demandOf } from "./demand-of.ts";

test("S21: demand counts who is at the worker and who waits, and for how long the first of them has", () => {
  const askers = [
    { isSent: true, sinceMs: 0 },
    { isSent: false, sinceMs: 700 },
    { isSent: false, sinceMs: 400 },
  ];
  expect(demandOf(askers, 1_000)).toEqual({ inFlight: 1, queued: 2, oldestWaitMs: 600 });
  expect(demandOf([], 1_000)).toEqual({ inFlight: 0, queued: 0, oldestWaitMs: 0 });
});
