import { describe, expect, test } from "vitest";

import { plan } from "../src/core/plan.ts";
import { check, type Model, type Planner } from "./model-check.ts";

const w = (slot: string, specHash: string, memoryMiB: number) => ({ slot, specHash, memoryMiB });
const bounds = { budgetMiB: 10, maxStates: 100_000 };
const swap = [[w("a", "v1", 6)], [w("c", "v1", 8)]];
const two: Model = { ...bounds, controllers: 2, configs: swap, hasPenalties: true };

describe("S5: the model checker", () => {
  test.each<[string, Model]>([
    [
      "one controller, four configurations, crashes, refusals and penalties",
      {
        ...bounds,
        controllers: 1,
        configs: [[w("a", "v1", 6), w("b", "v1", 3)], [w("a", "v2", 6)], [w("c", "v1", 8)], []],
        hasPenalties: true,
      },
    ],
    ["two controllers that were told of different configurations, with penalties", two],
  ])("%s: no rule broken, always able to settle", (_name, model) => {
    const report = check(model);
    expect(report.trace).toBeUndefined();
    expect(report.cannotSettle).toBe(0);
    expect(report.states).toBeGreaterThan(1_000);
  });

  test.each<[string, Planner, string]>([
    [
      "announced memory is not counted",
      (world, limits) => {
        const observed = world.observed.map((o) => (o.state === "created" ? { ...o, memoryMiB: 0 } : o));
        return plan({ ...world, observed }, limits);
      },
      "running workers need 14 MiB of 10",
    ],
    [
      "penalties are not heeded",
      (world, limits) => plan({ ...world, penalties: new Map() }, limits),
      "create a is planned against its penalty",
    ],
  ])("finds the seeded bug that %s", (_name, broken, violation) => {
    const report = check({ ...two, plan: broken });
    expect(report.violation).toBe(violation);
    expect(report.trace?.length).toBeGreaterThan(1);
  });

  test("finds the seeded bug that what exited is never removed", () => {
    const broken: Planner = (world, limits) => {
      const p = plan(world, limits);
      return { ...p, steps: p.steps.filter((s) => s.kind !== "remove") };
    };
    expect(check({ ...two, plan: broken }).cannotSettle).toBeGreaterThan(0);
  });

  test("finds the seeded bug that a container which must make room waits for its own penalty", () => {
    const broken: Planner = (world, limits) => {
      const p = plan(world, limits);
      return { ...p, steps: p.steps.filter((s) => s.cause !== "no room") };
    };
    const both = [[w("a", "v1", 6), w("c", "v1", 8)]];
    const drifted = { ...two, configs: [...swap, ...both], hasPenalties: false };
    expect(check({ ...drifted, plan: broken }).cannotSettle).toBeGreaterThan(0);
  });
});
