import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { label } from "../src/edge/docker.ts";
import { Rig } from "./rig.ts";

const limitOne = "limits: { maxLoaded: 1 }";
const labelsOf = (slot: string) => ({
  [label.stack]: "stack",
  [label.slot]: slot,
  [label.specHash]: "old",
  [label.generation]: "g0",
  [label.memoryMiB]: "65",
});

describe("the reconciler", () => {
  test("what is asked for is created, started and ready, with an address and a key of its own", async () => {
    await using rig = await Rig.open("a", "b");
    const c = await rig.controller();
    await c.settle();
    expect(rig.fake.mutations).toEqual([]);
    expect(c.model("a")?.state).toBe("unloaded");
    c.want({ a: "queued" });
    await c.untilState("a", "ready");
    expect(rig.fake.mutations).toEqual(["create stack-worker-a", "start stack-worker-a"]);
    const endpoint = c.publisher.newest?.endpoints["a"];
    expect(endpoint).toMatchObject({ url: "http://10.0.0.2:8080" });
    const [generation = ""] = await readdir(join(rig.root, "worker-keys", "a"));
    expect(endpoint?.generation).toBe(`a@${generation}`);
    const key = await readFile(join(rig.root, "worker-keys", "a", generation, "key"), "utf8");
    expect(endpoint?.apiKey).toBe(key.trim());
    expect(c.publisher.newest?.endpoints).not.toHaveProperty("b");
  });

  test("S12: a worker that loads for long is loading, and nothing kills it", async () => {
    await using rig = await Rig.open("a");
    rig.fake.containers.behaviour = () => ({ does: "load" });
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "loading");
    await c.passes(5);
    expect(rig.fake.mutations).toEqual(["create stack-worker-a", "start stack-worker-a"]);
    expect(c.publisher.newest?.endpoints).toEqual({});
    rig.fake.containers.setHealth("stack-worker-a", "healthy");
    await c.untilState("a", "ready");
  });

  test("S6: a worker that somebody removes by hand is noticed, and made again for who needs it", async () => {
    await using rig = await Rig.open("a");
    const c = await rig.controller();
    c.want({ a: "inFlight" });
    await c.untilState("a", "ready");
    const { id } = rig.fake.containers.find("stack-worker-a");
    rig.fake.containers.remove(id, true);
    await c.until("another container", () => {
      const worker = c.model("a")?.worker;
      return c.model("a")?.state === "ready" && worker?.containerId !== id;
    });
  });

  test("S20: room is made by unloading the idle one, and the keys of what is gone are gone", async () => {
    await using rig = await Rig.open("a", "b");
    await rig.configure(limitOne);
    const c = await rig.controller();
    c.want({ a: "inFlight" });
    await c.untilState("a", "ready");
    c.want({ a: "inFlight", b: "queued" });
    await c.passes(3);
    expect(c.model("b")).toMatchObject({ state: "queued", reason: { code: "no_room" } });
    c.want({ b: "queued" });
    await c.untilState("b", "ready");
    expect(rig.containers).toEqual(["b running"]);
    await c.stop();
    expect(await readdir(join(rig.root, "worker-keys", "a"))).toEqual([]);
    expect(await readdir(join(rig.root, "worker-keys", "b"))).toHaveLength(1);
  });

  test("S22: a change of configuration leaves a busy worker alone, and recycles it when it is free", async () => {
    await using rig = await Rig.open("a");
    const c = await rig.controller();
    c.want({ a: "inFlight" });
    await c.untilState("a", "ready");
    const { id } = rig.fake.containers.find("stack-worker-a");
    await rig.configure("defaults: { context: 512 }");
    await c.until("the new context", () => c.model("a")?.contextTokens === 512);
    await c.passes(3);
    expect(rig.fake.containers.find("stack-worker-a").id).toBe(id);
    c.want({ a: "queued" });
    await c.until("a new worker", () => {
      const worker = c.model("a")?.worker;
      return c.model("a")?.state === "ready" && worker?.containerId !== id;
    });
    const cmd = rig.fake.containers.find("stack-worker-a").body.Cmd ?? [];
    expect(cmd[cmd.indexOf("--ctx-size") + 1]).toBe("1024");
  });

  test("S22: an invalid file keeps the last good configuration and says where it is wrong", async () => {
    await using rig = await Rig.open("a");
    await rig.configure("defaults: { context: 512 }");
    const c = await rig.controller();
    await c.settle();
    await rig.configure("defaults:\n  context: 1\n");
    await c.until("a problem", () => c.publisher.newest?.status.config.ok === false);
    expect(c.publisher.newest?.status.config.message).toBe(
      "benchai.yaml:2:3: defaults.context: expected a whole number from 16 to 16777216",
    );
    expect(c.model("a")?.contextTokens).toBe(512);
  });

  test("S10: a broken file is invalid at once, with the reason, and nothing is created for it", async () => {
    await using rig = await Rig.open();
    await writeFile(join(rig.models, "page.gguf"), "<!DOCTYPE html>");
    const c = await rig.controller();
    c.want({ page: "queued" });
    await c.untilState("page", "invalid");
    expect(c.model("page")?.reason?.message).toContain("does not start with the letters GGUF");
    await c.passes(2);
    expect(rig.fake.mutations).toEqual([]);
  });
});

describe("a controller that begins again", () => {
  test("S4: adopts its workers, also a loading one, with their keys and without one call that changes anything", async () => {
    await using rig = await Rig.open("a", "b", "slow");
    rig.fake.containers.behaviour = ({ name }) =>
      name.endsWith("slow") ? { does: "load" } : { does: "serve", afterMs: 0 };
    const before = await rig.controller("before");
    before.want({ a: "inFlight", b: "queued", slow: "queued" });
    for (const name of ["a", "b"]) await before.untilState(name, "ready");
    await before.untilState("slow", "loading");
    const { endpoints } = before.publisher.newest ?? {};
    await before.stop();
    const made = rig.fake.mutations.length;
    // The routers have not yet renewed their demand.
    const after = await rig.controller("after");
    await after.untilState("a", "ready");
    await after.passes(5);
    expect(after.model("slow")?.state).toBe("loading");
    expect(after.publisher.newest?.endpoints).toEqual(endpoints);
    expect(rig.fake.mutations.slice(made)).toEqual([]);
  });

  test.each(["created", "running", "exited", "paused", "dead"] as const)(
    "S6: its own leftover that is %s goes when nobody needs it, and is replaced when somebody does",
    async (status) => {
      await using rig = await Rig.open("a", "b");
      for (const slot of ["a", "b", "unknown-model"]) {
        const name = `stack-worker-${slot}`;
        rig.fake.containers.create(name, { Image: "llama:1", Labels: labelsOf(slot) });
        if (status !== "created") rig.fake.containers.start(name);
        if (status === "exited") rig.fake.containers.exit(name, { code: 0 });
        else if (status !== "running") rig.fake.containers.setStatus(name, status);
      }
      const c = await rig.controller();
      c.want({ b: "queued" });
      await c.until("one fresh worker is left", () => {
        const worker = c.model("b")?.worker;
        return c.model("b")?.state === "ready" && worker?.generation !== "g0" && rig.containers.length === 1;
      });
      expect(rig.containers).toEqual(["b running"]);
    },
  );

  test("S2: five controllers that all may act do no harm: one container a slot, and its worker stays", async () => {
    await using rig = await Rig.open("a", "b", "c");
    const all = await Promise.all([1, 2, 3, 4, 5].map((i) => rig.controller(`c${i}`)));
    for (const c of all) c.want({ a: "queued", b: "inFlight", c: "queued" });
    for (const c of all) for (const name of ["a", "b", "c"]) await c.untilState(name, "ready");
    const ids = rig.fake.containers.list().map((x) => x.id);
    await Promise.all(all.map((c) => c.settle()));
    expect(rig.containers).toEqual(["a running", "b running", "c running"]);
    expect(rig.fake.containers.list().map((x) => x.id)).toEqual(ids);
  });

  test("S2: one that may not act changes nothing, and tells what it sees", async () => {
    await using rig = await Rig.open("a");
    rig.lease.isAllowed = false;
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.passes(5);
    expect(rig.fake.mutations).toEqual([]);
    expect(c.reconciler.decision?.plan.steps).toHaveLength(1);
    rig.lease.role = "passive";
    await c.passes(2);
    expect(c.publisher.newest?.status.role).toBe("passive");
    rig.lease.role = "leader";
    rig.lease.isAllowed = true;
    await c.untilState("a", "ready");
  });

  test("a reset is refused by a passive controller", async () => {
    await using rig = await Rig.open("a");
    const c = await rig.controller();
    rig.lease.role = "passive";
    expect(() => c.reconciler.reset("a")).toThrow("this controller is passive");
  });
});

describe("S5: a controller that is killed between any two calls", () => {
  test.each([
    ["before the next call is sent", false],
    ["after the call, before its answer", true],
  ])("%s: the next one converges, without duplicates or orphans", async (_when, isLastDone) => {
    await using rig = await Rig.open("a", "b");
    await rig.configure(limitOne);
    const { fake } = rig;
    let wasKilled = true;
    let kills = 0;
    for (let calls = 0; wasKilled; calls++) {
      // The way from b loaded to a loaded: stop, remove, create and start, with looks in between.
      const first = await rig.controller(`first${calls}`);
      first.want({ b: "queued" });
      await first.until("only b", () => first.model("b")?.state === "ready" && rig.containers.length === 1);
      await first.stop();
      const killed = `killed${calls}`;
      fake.freeze(killed, calls, isLastDone);
      const second = await rig.controller(killed);
      second.want({ a: "queued" });
      await second.until(
        "killed, or there",
        () => fake.isFrozen(killed) || second.model("a")?.state === "ready",
      );
      wasKilled = fake.isFrozen(killed);
      if (wasKilled) kills++;
      await second.stop();
      const third = await rig.controller(`third${calls}`);
      third.want({ a: "queued" });
      await third.untilState("a", "ready");
      await third.settle();
      expect(rig.containers).toEqual(["a running"]);
      expect(fake.containers.find("stack-worker-a").health).toBe("healthy");
      await third.stop();
    }
    expect(kills).toBeGreaterThan(8);
  });
});

describe("what is not ours", () => {
  test("S9: containers that are merely named like a worker, or labelled by another stack, survive everything", async () => {
    await using rig = await Rig.open("a");
    const foreign = ["llama-server-editor", "stack-worker-b", "stack-worker-a-2", "worker"];
    for (const name of foreign) {
      rig.fake.containers.create(name, {
        Image: "llama:1",
        Labels: { [label.stack]: "other", [label.slot]: "a" },
      });
      rig.fake.containers.start(name);
    }
    const c = await rig.controller();
    c.want({ a: "queued" });
    await c.untilState("a", "ready");
    c.want({});
    await rm(join(rig.models, "a.gguf"));
    await c.until("a is unloaded", () => rig.fake.mutations.includes("remove stack-worker-a"));
    expect(new Set(rig.fake.mutations.map((m) => m.split(" ")[1]))).toEqual(new Set(["stack-worker-a"]));
    for (const name of foreign) expect(rig.fake.containers.find(name).status).toBe("running");
  });

  test("S3: a stranger that squats on a worker's name is reported, and neither adopted nor touched", async () => {
    await using rig = await Rig.open("a", "b");
    const { id } = rig.fake.containers.create("stack-worker-a", { Image: "llama:1" });
    rig.fake.containers.start(id);
    const c = await rig.controller();
    c.want({ a: "queued", b: "queued" });
    await c.untilState("a", "failed");
    expect(c.model("a")?.reason).toMatchObject({
      code: "container_name_taken",
      message: expect.stringContaining(`not ours (${id.slice(0, 12)}, image llama:1)`),
    });
    expect(c.publisher.newest?.endpoints).not.toHaveProperty("a");
    await c.untilState("b", "ready");
    expect(rig.fake.containers.find(id).status).toBe("running");
    expect(rig.fake.mutations.filter((m) => m.endsWith("-a"))).toEqual(["create stack-worker-a"]);
    rig.fake.containers.remove(id, true);
    c.reconciler.reset("a");
    await c.untilState("a", "ready");
  });
});
