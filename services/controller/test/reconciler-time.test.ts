import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { type Controller, Rig } from "./rig.ts";

/** Only the clock on the wall is ours: the loop, HTTP and the doorbell run in real time. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets so much time go by, in steps; each is looked at until there is nothing left to do. */
async function letPass(c: Controller, seconds: number, stepS: number): Promise<void> {
  for (let s = 0; s < seconds; s += stepS) {
    vi.setSystemTime(Date.now() + stepS * 1_000);
    await c.settle();
  }
}
const starts = (rig: Rig) => rig.fake.mutations.filter((m) => m.startsWith("start"));

describe("S7: a worker that crashes at its start", () => {
  test("is spawned at most 6 times in 10 minutes, and says exit code and last words", async () => {
    await using rig = await Rig.open("a", "b");
    rig.fake.containers.behaviour = ({ name }) =>
      name.endsWith("a")
        ? { does: "exit", code: 1, log: ["loading", "error: unknown argument: --fast"] }
        : { does: "serve", afterMs: 0 };
    const c = await rig.controller();
    c.want({ a: "queued", b: "inFlight" });
    await c.untilState("b", "ready");
    await letPass(c, 600, 5);
    expect(starts(rig).filter((m) => m.endsWith("-a")).length).toBeGreaterThanOrEqual(5);
    expect(starts(rig).filter((m) => m.endsWith("-a")).length).toBeLessThanOrEqual(6);
    expect(starts(rig).filter((m) => m.endsWith("-b"))).toHaveLength(1);
    expect(c.model("a")).toMatchObject({ state: "crash-loop", failures: 6 });
    expect(c.model("a")?.reason?.message).toMatch(
      /^the worker of model a ended while loading with exit code 1; it said: error: unknown argument: --fast \(\d failures in a row\)$/,
    );
    expect(c.model("a")?.reason?.retryAtMs).toBeGreaterThan(Date.now());
  });

  test("S17: is reported as out of memory when it was", async () => {
    await using rig = await Rig.open("a");
    rig.fake.containers.behaviour = () => ({ does: "exit", code: 137, isOomKilled: true });
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "failed");
    expect(c.model("a")?.reason?.message).toContain("ran out of memory (limit 65 MiB)");
  });

  test("is tried at once after a reset, and after a change of its configuration or file", async () => {
    await using rig = await Rig.open("a");
    let isBroken = true;
    rig.fake.containers.behaviour = () =>
      isBroken ? { does: "exit", code: 1 } : { does: "serve", afterMs: 0 };
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "failed");
    c.reconciler.reset("a");
    await c.until("a second try", () => starts(rig).length === 2);
    await c.untilState("a", "failed");
    await rig.configure("defaults: { context: 512 }");
    await c.until("a third try", () => starts(rig).length === 3);
    await c.untilState("a", "failed");
    isBroken = false;
    vi.setSystemTime(Date.now() + 1_000);
    await rig.putModel("a");
    await rig.configure("models: { a: { context: 600 } }");
    await c.untilState("a", "ready");
    expect(c.model("a")?.failures).toBe(0);
  });

  test("keeps its penalty when another controller takes over", async () => {
    await using rig = await Rig.open("a");
    rig.fake.containers.behaviour = () => ({ does: "exit", code: 1 });
    const before = await rig.controller("before");
    before.want({ a: "queued" });
    await before.untilState("a", "failed");
    await before.until("cleaned up", () => rig.containers.length === 0);
    await before.stop();
    const after = await rig.controller("after");
    after.want({ a: "queued" });
    await after.passes(3);
    expect(after.model("a")).toMatchObject({ state: "failed", failures: 1 });
    expect(starts(rig)).toHaveLength(1);
  });

  test("is forgiven after ten good minutes", async () => {
    await using rig = await Rig.open("a");
    let isBroken = true;
    rig.fake.containers.behaviour = () =>
      isBroken ? { does: "exit", code: 1 } : { does: "serve", afterMs: 0 };
    const c = await rig.controller();
    c.want({ a: "inFlight" });
    await c.untilState("a", "failed");
    isBroken = false;
    await letPass(c, 5, 1);
    expect(c.model("a")).toMatchObject({ state: "ready", failures: 1 });
    await letPass(c, 600, 120);
    expect(c.model("a")).toMatchObject({ state: "ready", failures: 0 });
  });
});

describe("a worker that runs and does not work", () => {
  test("S12: a load longer than the deadline is a failure like any other, with a penalty", async () => {
    await using rig = await Rig.open("a");
    await rig.configure("limits: { loadDeadlineS: 2 }");
    rig.fake.containers.behaviour = () => ({ does: "load" });
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "loading");
    await letPass(c, 600, 3);
    expect(starts(rig).length).toBeGreaterThanOrEqual(4);
    expect(starts(rig).length).toBeLessThanOrEqual(6);
    expect(c.model("a")).toMatchObject({ state: "crash-loop" });
    expect(c.model("a")?.reason?.message).toContain(
      "was not ready 2 s after its start and was stopped; raise limits.loadDeadlineS",
    );
  });

  test("S16: an unhealthy one is recycled at once, and ever more slowly when it happens again", async () => {
    await using rig = await Rig.open("a");
    const c = await rig.controller();
    c.want({ a: "inFlight" });
    for (let i = 0; i < 4; i++) {
      await c.untilState("a", "ready");
      rig.fake.containers.setHealth("stack-worker-a", "unhealthy");
      await c.until("it is gone", () => rig.containers.length === 0);
      await c.until("counted", () => c.model("a")?.failures === i + 1);
      expect(c.model("a")?.state).toBe(i < 2 ? "queued" : "crash-loop");
      expect(c.model("a")?.reason?.message).toContain("stopped answering its health checks");
      if (i < 3) await letPass(c, 100, 20);
    }
  });
});

describe("an engine that refuses", () => {
  test.each(["create", "start"] as const)(
    "a %s is a failure with its reason, and is tried again after the penalty, and not before",
    async (call) => {
      await using rig = await Rig.open("a");
      rig.fake.failNext(call, 500, "driver failed programming\nexternal connectivity");
      const c = await rig.controller();
      c.want({ a: "queued" });
      await c.untilState("a", "failed");
      expect(c.model("a")?.reason).toMatchObject({
        code: "model_failed",
        message: expect.stringMatching(
          /^the engine refused the worker of a: .*driver failed programming external connectivity$/,
        ),
      });
      await c.passes(3);
      expect(c.model("a")?.state).toBe("failed");
      await letPass(c, 2, 2);
      await c.untilState("a", "ready");
      expect(rig.containers).toEqual(["a running"]);
    },
  );
});

describe("S2: a passive controller that takes over", () => {
  test("unloads nothing that it has not heard of", async () => {
    await using rig = await Rig.open("a");
    await rig.configure("defaults: { idleS: 60 }");
    const leader = await rig.controller("leader");
    leader.want({ a: "inFlight" });
    await leader.untilState("a", "ready");
    rig.lease.role = "passive";
    const passive = await rig.controller("passive");
    await letPass(passive, 600, 120);
    await leader.stop();
    rig.lease.role = "leader";
    await passive.passes(3);
    expect(rig.fake.mutations).toEqual(["create stack-worker-a", "start stack-worker-a"]);
  });
});

describe("S19: idle time", () => {
  test("unloads a worker that nobody used for so long, and never one that is in use", async () => {
    await using rig = await Rig.open("a", "b");
    await rig.configure("defaults: { idleS: 60 }");
    const c = await rig.controller();
    c.want({ a: "inFlight", b: "queued" });
    for (const name of ["a", "b"]) await c.untilState(name, "ready");
    c.want({ a: "inFlight" });
    await letPass(c, 50, 10);
    expect(rig.containers).toEqual(["a running", "b running"]);
    await letPass(c, 600, 60);
    expect(rig.containers).toEqual(["a running"]);
    expect(c.model("b")?.state).toBe("unloaded");
    c.want({});
    await letPass(c, 60, 20);
    expect(rig.containers).toEqual([]);
  });

  test("a pinned model is loaded without being asked for, and stays", async () => {
    await using rig = await Rig.open("a");
    await rig.configure("models: { a: { pin: true, idleS: 1 } }");
    const c = await rig.controller();
    await c.untilState("a", "ready");
    await letPass(c, 100, 20);
    expect(rig.fake.mutations).toHaveLength(2);
  });

  test("S21: a load that its clients have left is cancelled", async () => {
    await using rig = await Rig.open("a");
    rig.fake.containers.behaviour = () => ({ does: "load" });
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "loading");
    c.want({});
    await letPass(c, 4, 1);
    expect(rig.containers).toEqual([]);
    expect(c.model("a")).toMatchObject({ state: "unloaded", failures: 0 });
  });
});
