import Docker from "dockerode";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { fakeEngine } from "../../test/engine.ts";
import { desired } from "../../test/samples.ts";
import { demultiplex, dockerEngine, label, workerName } from "./docker.ts";

async function stack() {
  const at = await fakeEngine();
  const { containers } = at.fake;
  const spec = { Image: "llama:1", HostConfig: { NetworkMode: "workers" } };
  const engine = dockerEngine(at.client(), "stack", "workers", () => spec);
  const create = async () => {
    await engine.create(desired(), "g1");
    return containers.find("stack-worker-chat");
  };
  return { ...at, containers, engine, create };
}
const nobody = "0".repeat(64);

describe("the Docker adapter", () => {
  test("creates with name and labels, starts, and sees address, age and health", async () => {
    await using at = await stack();
    const { id } = await at.create();
    expect(at.containers.find(id).body.Labels).toEqual({
      [label.stack]: "stack",
      [label.slot]: "chat",
      [label.specHash]: "v1",
      [label.generation]: "g1",
      [label.memoryMiB]: "600",
    });
    expect(await at.engine.list()).toMatchObject([
      { containerId: id, state: "created", health: "starting", address: undefined, exit: undefined },
    ]);
    await at.engine.start(id);
    const [worker] = await at.engine.list();
    expect(worker).toEqual({
      containerId: id,
      containerName: "stack-worker-chat",
      slot: "chat",
      specHash: "v1",
      generation: "g1",
      memoryMiB: 600,
      state: "running",
      health: "healthy",
      sinceMs: at.containers.find(id).startedMs,
      address: "10.0.0.2",
      exit: undefined,
    });
  });

  test("S17: sees how a worker ended, and what it said last", async () => {
    await using at = await stack();
    const { id } = await at.create();
    await at.engine.start(id);
    const log = Array.from({ length: 50 }, (_, i) => `line ${i} größer`);
    at.containers.exit(id, { code: 137, isOomKilled: true, log });
    expect(await at.engine.list()).toMatchObject([
      { state: "exited", exit: { code: 137, oomKilled: true }, address: undefined },
    ]);
    expect((await at.engine.logTail(id)).slice(0, 2)).toEqual(["line 0 größer", "line 1 größer"]);
  });

  test.each([
    ["created", "created", "starting"],
    ["paused", "running", "unhealthy"],
    ["dead", "exited", "starting"],
    ["exited", "exited", "starting"],
  ] as const)("S6: a container that is %s counts as %s", async (status, state, health) => {
    await using at = await stack();
    const { id } = await at.create();
    at.containers.setStatus(id, status);
    expect(await at.engine.list()).toMatchObject([{ state, health }]);
  });

  test("S9: lists only what carries our stack's label and a slot, whatever its name", async () => {
    await using at = await stack();
    const make = (name: string, Labels: Record<string, string>) =>
      at.containers.create(name, { Image: "llama:1", Labels });
    make("llama-server-editor", {});
    make("stack-worker-other", {});
    make("stack-router", { [label.stack]: "stack" });
    make("another-worker-chat", { [label.stack]: "another", [label.slot]: "chat" });
    expect(await at.engine.list()).toEqual([]);
    await at.create();
    expect(await at.engine.list()).toHaveLength(1);
  });

  test("a container that goes away between the list and its inspection is not there", async () => {
    await using at = await stack();
    await at.create();
    at.fake.failNext("inspect", 404);
    expect(await at.engine.list()).toEqual([]);
  });

  test("every step can be repeated", async () => {
    await using at = await stack();
    const { id } = await at.create();
    await at.create();
    await at.engine.start(id);
    await at.engine.start(id);
    expect(await at.engine.remove(id)).toBe(false);
    await at.engine.stop(id, 1_500);
    await at.engine.stop(id, 1_500);
    expect(await at.engine.remove(id)).toBe(true);
    expect(await at.engine.remove(id)).toBe(true);
    expect(at.containers.list()).toEqual([]);
  });

  test("a container that is gone is no error for start, stop and logs", async () => {
    await using at = await stack();
    await at.engine.start(nobody);
    await at.engine.stop(nobody, 1_000);
    expect(await at.engine.logTail(nobody)).toEqual([]);
  });

  test("S6: what somebody revived is not removed", async () => {
    await using at = await stack();
    const { id } = await at.create();
    at.containers.start(id);
    expect(await at.engine.remove(id)).toBe(false);
    expect(at.containers.find(id).status).toBe("running");
  });

  test("S2: a name that a controller of this stack took first is no error", async () => {
    await using at = await stack();
    await Promise.all(Array.from({ length: 5 }, () => at.engine.create(desired(), "g1")));
    expect(at.containers.list()).toHaveLength(1);
  });

  test("S3: a name that a stranger holds is container_name_taken, and says who holds it", async () => {
    await using at = await stack();
    const name = workerName("stack", "chat");
    for (const Labels of [{}, { [label.stack]: "stack" }, { [label.slot]: "chat" }]) {
      const { id } = at.containers.create(name, { Image: "llama:1", Labels });
      await expect(at.engine.create(desired(), "g1")).rejects.toMatchObject({
        code: "container_name_taken",
        message: `the container name stack-worker-chat is held by a container that is not ours (${id.slice(0, 12)}, image llama:1); rename or remove it`,
      });
      at.containers.remove(id);
    }
  });

  test("a name that is free again by the time its holder is looked at is no error", async () => {
    await using at = await stack();
    at.containers.create(workerName("stack", "chat"), { Image: "llama:1" });
    at.fake.failNext("inspect", 404);
    await at.engine.create(desired(), "g1");
  });

  test("a network that is missing at start is an error, though its status is the one of a container that is gone", async () => {
    await using at = await stack();
    const { id } = await at.create();
    at.containers.networks.delete("workers");
    await expect(at.engine.start(id)).rejects.toThrow("network workers not found");
  });

  test("an image that is missing at create is an error with its status", async () => {
    await using at = await stack();
    at.containers.images.clear();
    await expect(at.create()).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining("No such image: llama:1"),
    });
  });

  test.each(["create", "start", "stop", "remove", "logs"] as const)(
    "any other answer to %s is an error with its text",
    async (call) => {
      await using at = await stack();
      const { id } = await at.create();
      if (call === "create") at.containers.remove(id);
      at.fake.failNext(call, 500, "the disk is on fire");
      const calls = {
        create: () => at.create(),
        start: () => at.engine.start(id),
        stop: () => at.engine.stop(id, 1_000),
        remove: () => at.engine.remove(id),
        logs: () => at.engine.logTail(id),
      };
      await expect(calls[call]()).rejects.toThrow("the disk is on fire");
    },
  );

  test("S11: no engine at all is docker_unavailable, with the cause kept", async () => {
    const nowhere = new Docker({ host: "127.0.0.1", port: 1 });
    const engine = dockerEngine(nowhere, "stack", "workers", () => ({}));
    for (const call of [() => engine.list(), () => engine.start(nobody), () => engine.remove(nobody)])
      await expect(call()).rejects.toMatchObject({
        code: "docker_unavailable",
        retryAfterS: 2,
        cause: { code: "ECONNREFUSED" },
      });
  });

  test("S11: a socket that may not be opened says what to do", async () => {
    const denied = Object.assign(new Error("connect EACCES"), { code: "EACCES" });
    const docker = new Docker({ host: "127.0.0.1", port: 1 });
    docker.listContainers = () => Promise.reject(denied);
    await expect(dockerEngine(docker, "stack", "workers", () => ({})).list()).rejects.toThrow(
      "run ./benchai up, or set DOCKER_GID in .env to the socket's group",
    );
  });

  test("an engine that goes away in the middle of a call is docker_unavailable", async () => {
    await using at = await stack();
    await at.create();
    at.fake.goAway();
    await expect(at.engine.list()).rejects.toMatchObject({ code: "docker_unavailable" });
    at.fake.comeBack();
    expect(await at.engine.list()).toHaveLength(1);
  });
});

describe("a multiplexed log", () => {
  const frame = (text: string, stream = 1) => {
    const head = Buffer.alloc(8);
    head.writeUInt8(stream, 0);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  test("is the texts of its frames in their order, with characters that are split over frames whole", () => {
    const euro = Buffer.from("€");
    const halves = [euro.subarray(0, 1), euro.subarray(1)].map((b) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(b.length, 4);
      return Buffer.concat([head, b]);
    });
    expect(demultiplex(Buffer.concat([frame("a\n"), frame("b\n", 2), ...halves]))).toBe("a\nb\n€");
  });

  test("that is cut off loses no whole frame", () => {
    const whole = Buffer.concat([frame("one\n"), frame("two\n")]);
    for (let length = 12; length < whole.length; length++)
      expect(demultiplex(whole.subarray(0, length))).toMatch(/^one\n/);
  });

  test("of any bytes never throws and is no longer than they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(demultiplex(Buffer.from(bytes)).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
