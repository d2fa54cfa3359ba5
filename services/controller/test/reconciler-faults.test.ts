import { rm } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { Rig } from "./rig.ts";

describe("an engine with faults", () => {
  test("S11: that is away at first is said so, and everything comes when it comes", async () => {
    await using rig = await Rig.open("a");
    rig.fake.goAway();
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.passes(1);
    expect(c.publisher.newest?.status.engine).toMatchObject({
      ok: false,
      message: expect.stringContaining("cannot reach the Docker engine"),
    });
    rig.fake.comeBack();
    await c.untilState("a", "ready");
    expect(c.publisher.newest?.status.engine).toEqual({ ok: true });
  });

  test("S11: that goes away leaves the endpoints as they were, and is looked at again", async () => {
    await using rig = await Rig.open("a");
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "ready");
    const { endpoints } = c.publisher.newest ?? {};
    rig.fake.goAway();
    await c.until("the engine is away", () => c.publisher.newest?.status.engine.ok === false);
    expect(c.publisher.newest?.endpoints).toEqual(endpoints);
    rig.fake.comeBack();
    await c.until("the engine is back", () => c.publisher.newest?.status.engine.ok === true);
    expect(rig.containers).toEqual(["a running"]);
  });

  test("a network that is missing is a failure that names it, and no endless start", async () => {
    await using rig = await Rig.open("a");
    rig.fake.containers.networks.delete("workers");
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "failed");
    expect(c.model("a")?.reason?.message).toContain("network workers not found");
    await c.passes(3);
    expect(rig.fake.mutations.filter((m) => m.startsWith("start"))).toHaveLength(1);
  });

  test.each(["stop", "remove"] as const)(
    "that cannot %s is not asked again and again without a pause",
    async (call) => {
      await using rig = await Rig.open("a");
      const c = await rig.controller();
      c.want({ a: "queued" });
      await c.untilState("a", "ready");
      for (let i = 0; i < 100; i++) rig.fake.failNext(call, 500, "device or resource busy");
      c.want({});
      await rm(join(rig.models, "a.gguf"));
      await c.until("the step failed", () => c.failedSteps.length === 1);
      // As long as this takes, a loop without a pause would have gone round often.
      const other = rig.client();
      for (let i = 0; i < 50; i++) await other.version();
      expect(rig.fake.mutations.filter((m) => m.startsWith(call)).length).toBeLessThan(5);
    },
  );

  test("logs that cannot be had hold up no look", async () => {
    await using rig = await Rig.open("a", "b");
    rig.fake.containers.behaviour = ({ name }) =>
      name.endsWith("a") ? { does: "exit", code: 1 } : { does: "serve", afterMs: 0 };
    rig.fake.failNext("logs", 501, "configured logging driver does not support reading");
    const c = await rig.controller();
    c.want({ a: "queued", b: "queued" });
    await c.untilState("a", "failed");
    await c.untilState("b", "ready");
  });

  test.each(["stop", "start", "create"] as const)(
    "S13: a slow %s of one slot delays no other",
    async (call) => {
      await using rig = await Rig.open("a", "b");
      const c = await rig.controller();
      if (call === "stop") {
        c.want({ a: "queued" });
        await c.untilState("a", "ready");
      }
      const release = rig.fake.hold(call, "stack-worker-a");
      c.want(call === "stop" ? {} : { a: "queued" });
      if (call === "stop") await rm(join(rig.models, "a.gguf"));
      const isAsked = () => rig.fake.mutations.includes(`${call} stack-worker-a`);
      await c.until("the slow call", isAsked);
      c.want(call === "stop" ? { b: "queued" } : { a: "queued", b: "queued" });
      await c.untilState("b", "ready");
      expect(rig.fake.mutations.filter((m) => m === `${call} stack-worker-a`)).toHaveLength(1);
      release();
      await c.until("the slow one is through", () => rig.containers.length === (call === "stop" ? 1 : 2));
    },
  );
});

describe("S11: an image that the engine lacks", () => {
  test("is pulled, and the worker is created when it is there", async () => {
    await using rig = await Rig.open("a");
    rig.fake.containers.images.clear();
    rig.fake.registry.set("llama:1", [
      { status: "Downloading", id: "layer", progressDetail: { current: 1, total: 4 } },
      { status: "Download complete", id: "layer" },
    ]);
    const release = rig.fake.hold("pull", "llama");
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.until("it is pulled", () => c.model("a")?.reason?.code === "image_unavailable");
    expect(c.model("a")).toMatchObject({
      state: "queued",
      reason: { message: "pulling the worker image llama:1" },
    });
    release();
    await c.untilState("a", "ready");
    expect(rig.fake.calls.filter((x) => x.call === "pull")).toHaveLength(1);
  });

  test.each([
    ["is in no registry", [], "manifest unknown"],
    [
      "breaks off in the middle",
      [{ status: "Downloading", id: "x", progressDetail: {} }, { error: "no space left on device" }],
      "no space left on device",
    ],
  ])("and that %s is a clear state and no loop", async (_what, events, said) => {
    await using rig = await Rig.open("a");
    rig.fake.containers.images.clear();
    if (events.length > 0) rig.fake.registry.set("llama:1", events);
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "failed");
    expect(c.model("a")?.reason).toMatchObject({
      code: "image_unavailable",
      message: expect.stringContaining(said),
    });
    await c.passes(5);
    expect(rig.fake.mutations).toHaveLength(1);
    expect(rig.fake.calls.filter((x) => x.call === "pull")).toHaveLength(1);
  });
});
