import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { BoxOfContainers } from "../../test/box.ts";
import { desired, limits, nowMs, worker } from "../../test/samples.ts";
import { plan, planText } from "./plan.ts";
import type { ObservedWorker, World } from "./state.ts";

function world(over: Partial<World> = {}): World {
  return {
    desired: [desired()],
    observed: [],
    penalties: new Map(),
    memoryBudgetMiB: 1_000,
    nowMs,
    ...over,
  };
}
const said = (w: World) => planText(plan(w, limits));
const penalised = new Map([["chat", { retryAtMs: nowMs + 8_000 }]]);

describe("plan", () => {
  test("a missing worker is created, with a generation of its own", () => {
    expect(plan(world(), limits)).toEqual({
      steps: [
        {
          kind: "create",
          slot: "chat",
          desired: desired(),
          generation: nowMs.toString(36),
          cause: "missing",
        },
      ],
      lookAgainInMs: 0,
    });
  });

  test("a healthy worker with the right spec is left alone", () => {
    expect(plan(world({ observed: [worker()] }), limits)).toEqual({
      steps: [],
      lookAgainInMs: undefined,
    });
  });

  test("a created worker is started", () => {
    expect(said(world({ observed: [worker({ state: "created" })] }))).toBe("start chat (not started)");
  });

  test("a changed spec stops the old worker before anything new is made", () => {
    expect(said(world({ observed: [worker({ specHash: "v0" })] }))).toBe("stop chat (spec changed)");
  });

  test("S6: an orphan that nobody asked for is stopped, then removed", () => {
    expect(said(world({ desired: [], observed: [worker()] }))).toBe("stop chat (not desired)");
    expect(said(world({ desired: [], observed: [worker({ state: "exited" })] }))).toBe(
      "remove chat (not desired)",
    );
    expect(said(world({ desired: [], observed: [worker({ state: "created" })] }))).toBe(
      "remove chat (not desired)",
    );
  });

  test("a slot that residency gave up says why", () => {
    const causes = new Map([["chat", "makes room for code"]]);
    expect(said(world({ desired: [], observed: [worker()], causes }))).toBe(
      "stop chat (makes room for code)",
    );
  });

  test("a worker that loads too long is stopped at its deadline, not before, and that is its fault", () => {
    const loading = (ageMs: number) =>
      world({ observed: [worker({ health: "starting", sinceMs: nowMs - ageMs })] });
    expect(plan(loading(119_000), limits)).toEqual({ steps: [], lookAgainInMs: 1_000 });
    const late = plan(loading(120_000), limits);
    expect(planText(late)).toBe("stop chat (load deadline passed)");
    expect(late.steps[0]).toMatchObject({ fault: "load deadline passed" });
  });

  test("an unhealthy worker is stopped, and that is its fault; a stop for another reason is not", () => {
    const sick = plan(world({ observed: [worker({ health: "unhealthy" })] }), limits);
    expect(sick.steps[0]).toMatchObject({ kind: "stop", fault: "unhealthy" });
    const old = plan(world({ observed: [worker({ specHash: "v0" })] }), limits);
    expect(old.steps[0]).not.toHaveProperty("fault");
  });

  test("S7: a slot that failed waits out its penalty before it is created", () => {
    expect(plan(world({ penalties: penalised }), limits)).toEqual({
      steps: [],
      lookAgainInMs: 8_000,
    });
  });

  test("a worker that the engine refused to start waits out its penalty before the next try", () => {
    const observed = [worker({ state: "created" })];
    expect(plan(world({ observed, penalties: penalised }), limits)).toEqual({
      steps: [],
      lookAgainInMs: 8_000,
    });
  });

  test("a penalty holds up neither the removal of what is left nor a worker that runs", () => {
    const left = world({ observed: [worker({ state: "exited" })], penalties: penalised });
    expect(said(left)).toBe("remove chat (exited)");
    expect(said(world({ observed: [worker()], penalties: penalised }))).toBe("");
  });

  test("S13: what a slot in penalty has announced does not hold up the others for long", () => {
    const w = world({
      desired: [desired({ slot: "a" }), desired({ slot: "b" })],
      observed: [worker({ slot: "a", state: "created" }), worker({ slot: "b", state: "created" })],
      penalties: new Map([["b", { retryAtMs: nowMs + 300_000 }]]),
    });
    expect(said(w)).toBe("remove b (no room)");
  });

  test("two that were announced at once and do not fit: the later slot gives way, then the other starts", () => {
    const both = ["a", "b"].map((slot) => worker({ slot, state: "created" }));
    const wanted = ["a", "b"].map((slot) => desired({ slot }));
    expect(said(world({ desired: wanted, observed: both }))).toBe("remove b (no room)");
    expect(said(world({ desired: wanted, observed: both.slice(0, 1) }))).toBe("start a (not started)");
  });

  test("what does not fit beside what is there waits without a step", () => {
    const w = world({ desired: [desired(), desired({ slot: "big" })], observed: [worker()] });
    expect(plan(w, limits)).toEqual({ steps: [], lookAgainInMs: undefined });
  });

  test("of two containers in one slot the right and furthest one stays", () => {
    const observed = [
      worker({ containerId: "old", specHash: "v0" }),
      worker({ containerId: "new", state: "created" }),
    ];
    expect(plan(world({ observed }), limits).steps).toEqual([
      expect.objectContaining({ kind: "stop", containerId: "old", cause: "surplus" }),
    ]);
  });
});

const slots = ["a", "b", "c", "d"];
const desiredArb = fc.uniqueArray(
  fc.record({
    slot: fc.constantFrom(...slots),
    specHash: fc.constantFrom("v1", "v2"),
    memoryMiB: fc.integer({ min: 1, max: 8 }),
  }),
  { selector: (d) => d.slot },
);
const observedArb: fc.Arbitrary<ObservedWorker[]> = fc.uniqueArray(
  fc
    .record({
      containerId: fc.constantFrom("x1", "x2", "x3", "x4", "x5"),
      slot: fc.constantFrom(...slots, "stray"),
      specHash: fc.constantFrom("v0", "v1", "v2"),
      memoryMiB: fc.integer({ min: 1, max: 8 }),
      state: fc.constantFrom("created", "running", "exited"),
      health: fc.constantFrom("starting", "healthy", "unhealthy"),
      sinceMs: fc.integer({ min: 0, max: nowMs }),
    })
    .map((o) => worker(o)),
  { selector: (o) => o.containerId },
);
const penaltiesArb = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom(...slots),
      fc.integer({ min: nowMs - 5, max: nowMs + 5 }).map((retryAtMs) => ({ retryAtMs })),
    ),
    { selector: ([slot]) => slot },
  )
  .map((entries) => new Map(entries));
const worldArb: fc.Arbitrary<World> = fc.record({
  desired: desiredArb,
  observed: observedArb,
  penalties: penaltiesArb,
  memoryBudgetMiB: fc.integer({ min: 0, max: 24 }),
  nowMs: fc.constant(nowMs),
});
const runs = { numRuns: 2_000 };

describe("plan, for any world", () => {
  test("touches a slot at most once, and only containers that are there", () => {
    fc.assert(
      fc.property(worldArb, (w) => {
        const { steps } = plan(w, limits);
        expect(new Set(steps.map((s) => s.slot)).size).toBe(steps.length);
        for (const s of steps)
          if (s.kind !== "create")
            expect(w.observed.find((o) => o.containerId === s.containerId)?.slot).toBe(s.slot);
      }),
      runs,
    );
  });

  test("does not depend on the order Docker lists containers in", () => {
    fc.assert(
      fc.property(worldArb, (w) => {
        const reversed = {
          ...w,
          desired: w.desired.toReversed(),
          observed: w.observed.toReversed(),
        };
        expect(plan(reversed, limits)).toEqual(plan(w, limits));
      }),
      runs,
    );
  });

  test("never promises more memory than the budget, unless already over it", () => {
    fc.assert(
      fc.property(worldArb, (w) => {
        const used = w.observed.reduce((n, o) => n + o.memoryMiB, 0);
        const added = plan(w, limits).steps.reduce(
          (n, s) => n + (s.kind === "create" ? s.desired.memoryMiB : 0),
          0,
        );
        if (added > 0) expect(used + added).toBeLessThanOrEqual(w.memoryBudgetMiB);
      }),
      runs,
    );
  });

  test("starts only what was created and never ran, while all claims fit and no penalty runs", () => {
    fc.assert(
      fc.property(worldArb, (w) => {
        const used = w.observed.reduce((n, o) => n + o.memoryMiB, 0);
        for (const s of plan(w, limits).steps) {
          if (s.kind !== "start") continue;
          expect(w.observed.find((o) => o.containerId === s.containerId)?.state).toBe("created");
          expect(used).toBeLessThanOrEqual(w.memoryBudgetMiB);
          expect(w.penalties.get(s.slot)?.retryAtMs ?? 0).toBeLessThanOrEqual(w.nowMs);
        }
      }),
      runs,
    );
  });

  test("never creates a slot that still has a container, or whose penalty runs", () => {
    fc.assert(
      fc.property(worldArb, (w) => {
        const present = new Set(w.observed.map((o) => o.slot));
        for (const s of plan(w, limits).steps) {
          if (s.kind !== "create") continue;
          expect(present.has(s.slot)).toBe(false);
          expect(w.penalties.get(s.slot)?.retryAtMs ?? 0).toBeLessThanOrEqual(w.nowMs);
        }
      }),
      runs,
    );
  });

  test("never stops a healthy worker that is wanted with the spec it has and alone in its slot", () => {
    fc.assert(
      fc.property(worldArb, (w) => {
        const specs = new Map(w.desired.map((d) => [d.slot, d.specHash]));
        for (const s of plan(w, limits).steps) {
          if (s.kind !== "stop" && s.kind !== "remove") continue;
          const hit = w.observed.find((o) => o.containerId === s.containerId);
          const isGood =
            hit?.state === "running" && hit.health === "healthy" && specs.get(s.slot) === hit.specHash;
          const isAlone = w.observed.filter((o) => o.slot === s.slot).length === 1;
          expect(isGood && isAlone).toBe(false);
        }
      }),
      runs,
    );
  });

  test("repeated look-plan-apply settles, with only wanted, healthy, right-spec workers left", () => {
    fc.assert(
      fc.property(worldArb, (w) => {
        const box = BoxOfContainers.of(w.observed);
        let rounds = 0;
        for (; rounds < 60; rounds++) {
          const later = nowMs + rounds;
          const p = plan({ ...w, observed: box.list(), nowMs: later }, limits);
          if (p.lookAgainInMs === undefined) break;
          for (const s of p.steps) box.apply(s, later);
          box.settle();
        }
        expect(rounds).toBeLessThan(60);
        const specs = new Map(w.desired.map((d) => [d.slot, d.specHash]));
        for (const o of box.list())
          expect(o).toMatchObject({
            state: "running",
            health: "healthy",
            specHash: specs.get(o.slot),
          });
        const free = w.memoryBudgetMiB - box.list().reduce((n, o) => n + o.memoryMiB, 0);
        const have = new Set(box.list().map((o) => o.slot));
        for (const d of w.desired) if (!have.has(d.slot)) expect(d.memoryMiB).toBeGreaterThan(free);
      }),
      runs,
    );
  });
});
