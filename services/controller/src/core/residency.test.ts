import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { candidate, inFlight, nowMs, queued } from "../../test/samples.ts";
import { abandonedAfterMs, type Candidate, decideResidency } from "./residency.ts";

const healthy = { state: "running", health: "healthy" } as const;
const loading = { state: "running", health: "starting" } as const;
const created = { state: "created", health: "starting" } as const;
const limits = { maxLoaded: 2, memoryBudgetMiB: 1_000 };

function decideOn(...candidates: Candidate[]) {
  return decideResidency(candidates, limits, nowMs);
}
const ready = (slot: string, over: Partial<Candidate> = {}) =>
  candidate({ slot, memoryMiB: 400, worker: healthy, ...over });
const asked = (slot: string, over: Partial<Candidate> = {}) =>
  candidate({ slot, memoryMiB: 400, demand: queued, ...over });

describe("residency", () => {
  test("what nobody needs stays unloaded, what is asked for or pinned is loaded", () => {
    const r = decideOn(
      candidate({ slot: "a" }),
      asked("b"),
      candidate({ slot: "c", memoryMiB: 1, pinned: true }),
    );
    expect([...r.desired].toSorted()).toEqual(["b", "c"]);
  });

  test("S19: an idle worker stays until its idle time is over, and not longer", () => {
    const idleFor = (ms: number) => decideOn(ready("a", { lastUsedMs: nowMs - ms }));
    expect(idleFor(899_000)).toMatchObject({ desired: new Set(["a"]), changesInMs: 1_000 });
    const over = idleFor(900_000);
    expect(over.desired.size).toBe(0);
    expect(over.causes.get("a")).toBe("idle for 900 s");
  });

  test("S19: a worker that is busy longer than its idle time is not idle", () => {
    const r = decideOn(ready("a", { demand: inFlight, lastUsedMs: 0, idleAfterMs: 1 }));
    expect(r).toMatchObject({ desired: new Set(["a"]), changesInMs: undefined });
  });

  test("S21: a load that nobody waits for any more is dropped, but not before routers could renew", () => {
    const left = (ms: number) => decideOn(ready("a", { worker: loading, lastUsedMs: nowMs - ms }));
    expect(left(abandonedAfterMs - 1)).toMatchObject({ desired: new Set(["a"]), changesInMs: 1 });
    expect(left(abandonedAfterMs).causes.get("a")).toBe("nobody waits for it any more");
  });

  test("S20: when there is no room, the longest idle goes", () => {
    const r = decideOn(
      ready("recent", { lastUsedMs: nowMs - 10 }),
      ready("old", { lastUsedMs: nowMs - 20 }),
      asked("new"),
    );
    expect([...r.desired].toSorted()).toEqual(["new", "recent"]);
    expect(r.causes).toEqual(new Map([["old", "makes room for new"]]));
  });

  test("S20: a busy, a loading and a pinned worker stay, and who asks is told why it waits", () => {
    const r = decideResidency(
      [
        ready("busy", { demand: inFlight }),
        ready("loading", { worker: loading, demand: queued }),
        ready("pinned", { pinned: true }),
        asked("new"),
      ],
      { maxLoaded: 3, memoryBudgetMiB: 10_000 },
      nowMs,
    );
    expect(r.desired).toEqual(new Set(["busy", "loading", "pinned"]));
    expect(r.blocked.get("new")).toBe(
      "3 models are loaded, the most that limits.maxLoaded allows, and each is busy, loading or pinned: busy, loading, pinned",
    );
  });

  test("nobody is evicted when even that would not make enough room", () => {
    const r = decideOn(ready("idle"), ready("busy", { demand: inFlight }), asked("new", { memoryMiB: 700 }));
    expect(r.desired).toEqual(new Set(["idle", "busy"]));
    expect(r.blocked.get("new")).toBe(
      "it needs 700 MiB, 600 of 1000 MiB can be had, and what else is loaded is busy, loading or pinned: busy",
    );
  });

  test("a model larger than the whole budget says so, and what to do", () => {
    expect(decideOn(asked("huge", { memoryMiB: 1_001 })).blocked.get("huge")).toBe(
      "it needs 1001 MiB, more than the whole budget of 1000 MiB; lower its context in benchai.yaml, or raise limits.memoryMiB",
    );
  });

  test("who waits longest comes first, pinned before all", () => {
    const wait = (oldestWaitMs: number) => ({ ...queued, oldestWaitMs });
    const big = { memoryMiB: 600 };
    const first = (...c: Candidate[]) => [...decideOn(...c).desired];
    expect(first(asked("a", { ...big, demand: wait(5) }), asked("b", { ...big, demand: wait(9) }))).toEqual([
      "b",
    ]);
    expect(first(asked("a", { ...big, demand: wait(5) }), asked("b", { ...big, pinned: true }))).toEqual([
      "b",
    ]);
  });

  test("S13: a slot in penalty displaces nobody, and is looked at again when its penalty ends", () => {
    const r = decideOn(ready("a"), ready("b"), asked("held", { heldForMs: 7_000 }));
    expect(r).toMatchObject({ desired: new Set(["a", "b"]), changesInMs: 7_000 });
    expect(r.blocked.size).toBe(0);
  });

  test("S13: a container that the engine refused to start gives its room back while it waits", () => {
    const r = decideOn(
      asked("refused", { worker: created, heldForMs: 7_000, memoryMiB: 700 }),
      asked("next", { memoryMiB: 700 }),
    );
    expect(r.desired).toEqual(new Set(["next"]));
    expect(r.causes.get("refused")).toBe("it may not load now");
  });

  test("an image that is being pulled holds its model without a time of its own", () => {
    expect(decideOn(asked("a", { heldForMs: Infinity }))).toMatchObject({
      desired: new Set(),
      changesInMs: undefined,
    });
  });
});

const candidateArb = fc
  .record({
    slot: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    memoryMiB: fc.integer({ min: 0, max: 10 }),
    pinned: fc.boolean(),
    idleAfterMs: fc.integer({ min: 1, max: 100 }),
    demand: fc.record({
      inFlight: fc.nat(1),
      queued: fc.nat(1),
      oldestWaitMs: fc.nat(3),
    }),
    lastUsedMs: fc.integer({ min: nowMs - 120, max: nowMs }),
    heldForMs: fc.constantFrom(0, 0, 5, Infinity),
    worker: fc.constantFrom(
      undefined,
      healthy,
      loading,
      created,
      { state: "running", health: "unhealthy" } as const,
      { state: "exited", health: "starting" } as const,
    ),
  })
  .map((c) => candidate(c));
const manyArb = fc.uniqueArray(candidateArb, { selector: (c) => c.slot });
const limitsArb = fc.record({
  maxLoaded: fc.integer({ min: 1, max: 4 }),
  memoryBudgetMiB: fc.integer({ min: 1, max: 25 }),
});
const runs = { numRuns: 2_000 };
const isInDemand = (c: Candidate) => c.demand.inFlight + c.demand.queued > 0;
const isReady = (c: Candidate) => c.worker?.state === "running" && c.worker.health === "healthy";

describe("residency, for any candidates", () => {
  test("does not depend on their order", () => {
    fc.assert(
      fc.property(manyArb, limitsArb, (many, l) => {
        const a = decideResidency(many, l, nowMs);
        const b = decideResidency(many.toReversed(), l, nowMs);
        expect([...b.desired].toSorted()).toEqual([...a.desired].toSorted());
        expect(Object.fromEntries(b.causes)).toEqual(Object.fromEntries(a.causes));
        expect([...b.blocked.keys()].toSorted()).toEqual([...a.blocked.keys()].toSorted());
        expect(b.changesInMs).toBe(a.changesInMs);
      }),
      runs,
    );
  });

  test("never gives up a busy or pinned worker that runs, and evicts only what is ready and idle", () => {
    fc.assert(
      fc.property(manyArb, limitsArb, (many, l) => {
        const { desired, causes } = decideResidency(many, l, nowMs);
        for (const c of many) {
          if (c.worker?.state === "running" && (c.pinned || isInDemand(c)))
            expect(desired.has(c.slot)).toBe(true);
          if (causes.get(c.slot)?.startsWith("makes room"))
            expect(isReady(c) && !c.pinned && !isInDemand(c)).toBe(true);
        }
      }),
      runs,
    );
  });

  test("whoever is evicted was idle at least as long as every idle worker that stays", () => {
    fc.assert(
      fc.property(manyArb, limitsArb, (many, l) => {
        const { desired, causes } = decideResidency(many, l, nowMs);
        const idle = many.filter((c) => isReady(c) && !c.pinned && !isInDemand(c));
        const gone = idle.filter((c) => causes.get(c.slot)?.startsWith("makes room"));
        const stay = idle.filter((c) => desired.has(c.slot));
        for (const g of gone) for (const s of stay) expect(g.lastUsedMs).toBeLessThanOrEqual(s.lastUsedMs);
      }),
      runs,
    );
  });

  test("keeps both limits, unless what is there was over them already and nothing is added", () => {
    fc.assert(
      fc.property(manyArb, limitsArb, (many, l) => {
        const { desired } = decideResidency(many, l, nowMs);
        const chosen = many.filter((c) => desired.has(c.slot));
        if (chosen.every((c) => c.worker !== undefined)) return;
        expect(chosen.length).toBeLessThanOrEqual(l.maxLoaded);
        const usedMiB = chosen.reduce((n, c) => n + c.memoryMiB, 0);
        expect(usedMiB).toBeLessThanOrEqual(l.memoryBudgetMiB);
      }),
      runs,
    );
  });

  test("whoever is asked for and may load is either desired or told why not", () => {
    fc.assert(
      fc.property(manyArb, limitsArb, (many, l) => {
        const { desired, blocked } = decideResidency(many, l, nowMs);
        for (const c of many)
          if (!c.worker && c.heldForMs === 0 && (c.pinned || isInDemand(c)))
            expect(desired.has(c.slot)).not.toBe(blocked.has(c.slot));
          else expect(blocked.has(c.slot)).toBe(false);
      }),
      runs,
    );
  });

  test("a held candidate without a worker changes nothing for the others", () => {
    fc.assert(
      fc.property(manyArb, limitsArb, fc.constantFrom(5, Infinity), (many, l, heldForMs) => {
        const held = candidate({ slot: "held", pinned: true, demand: queued, heldForMs });
        const without = decideResidency(many, l, nowMs);
        expect(decideResidency([...many, held], l, nowMs).desired).toEqual(without.desired);
      }),
      runs,
    );
  });

  test("nothing changes by time alone before `changesInMs`", () => {
    fc.assert(
      fc.property(manyArb, limitsArb, fc.double({ min: 0, max: 0.999, noNaN: true }), (many, l, share) => {
        const r = decideResidency(many, l, nowMs);
        const passedMs = share * (r.changesInMs ?? 1_000);
        const later = many.map((c) => ({ ...c, heldForMs: Math.max(0, c.heldForMs - passedMs) }));
        const isHeldOver = many.some((c, i) => c.heldForMs > 0 && later[i]?.heldForMs === 0);
        if (isHeldOver) return;
        expect(decideResidency(later, l, nowMs + passedMs).desired).toEqual(r.desired);
      }),
      runs,
    );
  });
});
