import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { failure, nowMs, penalty, worker } from "../../test/samples.ts";
import { crashLoopFailures, delayMs, forgive, goodForMs, penalise } from "./penalty.ts";
import type { Penalty } from "./state.ts";

const minutesMs = 60_000;

/** When a worker that fails after `livesForMs` is spawned, each time as early as its penalty allows. */
function spawnsUntil(endMs: number, livesForMs: (spawn: number) => number, seed: string): number[] {
  const spawnsMs: number[] = [];
  let held: Penalty | undefined;
  for (let atMs = 0; atMs < endMs; atMs = held.retryAtMs) {
    spawnsMs.push(atMs);
    const died = failure({
      containerId: `${seed}${spawnsMs.length}`,
      atMs: atMs + livesForMs(spawnsMs.length),
    });
    held = penalise(held, died, "v1");
  }
  return spawnsMs;
}

describe("penalty", () => {
  test("S7: whatever fails at once is spawned at most 6 times in any 10 minutes, with any jitter", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.nat(60_000)), (seed, lives) => {
        const spawnsMs = spawnsUntil(60 * minutesMs, (n) => lives[n] ?? 0, seed);
        for (const fromMs of spawnsMs) {
          const within = spawnsMs.filter((s) => s >= fromMs && s < fromMs + 10 * minutesMs);
          expect(within.length).toBeLessThanOrEqual(6);
        }
      }),
    );
  });

  test("the first retry comes after a second and the later ones no further apart than six minutes", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1_000 }), (seed, failures) => {
        expect(delayMs(1, seed)).toBeGreaterThanOrEqual(1_000);
        expect(delayMs(1, seed)).toBeLessThanOrEqual(1_200);
        expect(delayMs(failures, seed)).toBeLessThanOrEqual(6 * minutesMs);
        expect(delayMs(failures + 1, seed) * 1.2).toBeGreaterThanOrEqual(delayMs(failures, seed));
      }),
    );
  });

  test("jitter spreads slots that failed at the same time", () => {
    const delays = Array.from({ length: 50 }, (_, i) => delayMs(5, `container${i}`));
    expect(new Set(delays).size).toBeGreaterThan(40);
  });

  test("the third failure in a row is a crash loop", () => {
    let held: Penalty | undefined;
    for (let i = 1; i <= crashLoopFailures; i++)
      held = penalise(held, failure({ containerId: `c${i}` }), "v1");
    expect(held?.failures).toBe(3);
  });

  test("one container is counted once, however often it is seen", () => {
    const once = penalise(undefined, failure({ atMs: 5 }), "v1");
    expect(penalise(once, failure({ atMs: 9 }), "v1")).toBe(once);
  });

  test("each refusal of the engine counts, though no container comes of it", () => {
    const once = penalise(undefined, failure({ containerId: "" }), "v1");
    expect(penalise(once, failure({ containerId: "" }), "v1").failures).toBe(2);
  });

  test("another spec starts with a clean slate", () => {
    const before = penalty({ failures: 7, last: failure({ containerId: "old" }) });
    expect(penalise(before, failure({ containerId: "new" }), "v2")).toMatchObject({
      failures: 1,
      specHash: "v2",
    });
  });
});

describe("forgive", () => {
  const held = new Map([["chat", penalty()]]);
  const wanted = new Map([["chat", "v1"]]);

  test("a worker that has been healthy for 10 minutes has no failures any more, and not before", () => {
    const healthyFor = (ms: number) => [worker({ sinceMs: nowMs - ms })];
    expect(forgive(held, healthyFor(goodForMs - 1), wanted, nowMs).size).toBe(1);
    expect(forgive(held, healthyFor(goodForMs), wanted, nowMs).size).toBe(0);
  });

  test("a worker that is loading, or sick, for ever so long is not forgiven", () => {
    for (const health of ["starting", "unhealthy"] as const) {
      const observed = [worker({ health, sinceMs: 0 })];
      expect(forgive(held, observed, wanted, nowMs).size).toBe(1);
    }
  });

  test("S7: a changed spec, or a model that is gone, is forgiven at once", () => {
    expect(forgive(held, [], new Map([["chat", "v2"]]), nowMs).size).toBe(0);
    expect(forgive(held, [], new Map(), nowMs).size).toBe(0);
  });

  test("another slot's good worker forgives nothing", () => {
    const observed = [worker({ slot: "code", sinceMs: 0 })];
    expect(forgive(held, observed, wanted, nowMs)).toEqual(held);
  });
});
