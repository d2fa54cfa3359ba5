import { hostname } from "node:os";

import { describe, expect, test } from "vitest";

import { fakeEngine } from "../../test/engine.ts";
import { lookAround, toGpuRequest } from "./facts.ts";
import { tearDown } from "./teardown.ts";

const mounts = [
  { Destination: "/models", Source: "/home/me/models", Type: "bind" },
  { Destination: "/embedded", Source: "/opt/embedded", Type: "bind" },
  { Destination: "/var/lib/benchai", Source: "/var/lib/docker/volumes/s/_data", Name: "s" },
];

describe("what the controller finds around it", () => {
  test("are the host's side of its mounts, the memory and the GPU", async () => {
    await using at = await fakeEngine();
    at.fake.self = { hostname: hostname(), mounts };
    expect(await lookAround(at.client(), "stack", "workers")).toEqual({
      facts: {
        stack: "stack",
        workerNetwork: "workers",
        folders: { models: "/home/me/models", embedded: "/opt/embedded" },
        stateVolume: "s",
        gpuRequest: undefined,
      },
      machine: { hasGpu: false, memoryMiB: 16_384 },
    });
    at.fake.info = { MemTotal: 2 ** 30, Runtimes: { runc: {}, nvidia: {} } };
    expect((await lookAround(at.client(), "stack", "workers")).machine).toEqual({
      hasGpu: true,
      memoryMiB: 1_024,
    });
  });

  test("a missing mount says how to start the controller", async () => {
    await using at = await fakeEngine();
    at.fake.self = { hostname: hostname(), mounts: mounts.slice(1) };
    await expect(lookAround(at.client(), "stack", "workers")).rejects.toThrow(
      "nothing is mounted at /models; start the controller with docker-compose.yml",
    );
  });

  test.each([
    ["1.44", false],
    ["1.5", false],
    ["1.45", true],
    ["1.51", true],
    ["1.100", true],
  ])("an engine with API %s is new enough: %s", async (version, isEnough) => {
    await using at = await fakeEngine();
    at.fake.self = { hostname: hostname(), mounts };
    at.fake.apiVersion = version;
    const looked = lookAround(at.client(), "stack", "workers").then(() => "enough", String);
    expect(await looked).toContain(isEnough ? "enough" : "needs 26.0 (API 1.45) or newer");
  });

  test("S11: an engine that is away is docker_unavailable", async () => {
    await using at = await fakeEngine();
    at.fake.goAway();
    await expect(lookAround(at.client(), "stack", "workers")).rejects.toMatchObject({
      code: "docker_unavailable",
    });
  });
});

describe("S25: a GPU is requested in the way that the engine offers it", () => {
  const nvidia = { Driver: "nvidia", Count: -1, Capabilities: [["gpu"]] };
  const cdi = { Driver: "cdi", DeviceIDs: ["nvidia.com/gpu=all"] };
  const device = (ID: string, Source = "cdi") => ({ DiscoveredDevices: [{ Source, ID }] });
  test.each([
    ["the nvidia runtime", { Runtimes: { runc: {}, nvidia: {} } }, nvidia],
    ["a CDI device", { Runtimes: { runc: {} }, ...device("nvidia.com/gpu=all") }, cdi],
    ["both", { Runtimes: { nvidia: {} }, ...device("nvidia.com/gpu=all") }, nvidia],
    ["another vendor's CDI device", device("example.com/net=0"), undefined],
    ["a device from another source", device("nvidia.com/gpu=all", "other"), undefined],
    ["no devices", { Runtimes: { runc: {} }, DiscoveredDevices: null }, undefined],
    ["nothing", {}, undefined],
  ])("%s", (_what, engine, expected) => {
    expect(toGpuRequest(engine)).toEqual(expected);
  });
});

describe("S23: teardown", () => {
  const stackLabel = { "ai.benchai.stack": "stack" };
  async function stackWith(router: "running" | "exited") {
    const at = await fakeEngine();
    const make = (name: string, Labels: Record<string, string>) => {
      const { id } = at.fake.containers.create(name, { Image: "llama:1", Labels });
      at.fake.containers.start(id);
      return id;
    };
    const service = (name: string) => ({
      "com.docker.compose.project": "stack",
      "com.docker.compose.service": name,
    });
    make("stack-controller-1", { ...stackLabel, ...service("controller") });
    const id = make("stack-router-1", service("router"));
    if (router === "exited") at.fake.containers.exit(id, { code: 0 });
    make("stack-worker-a", { ...stackLabel, "ai.benchai.slot": "a" });
    make("other-worker-a", { "ai.benchai.stack": "other", "ai.benchai.slot": "a" });
    const names = () => at.fake.containers.list().map((c) => c.name);
    return { ...at, names };
  }

  test("removes this stack's workers, and nothing else, when the stack goes down", async () => {
    await using at = await stackWith("exited");
    expect(await tearDown(at.client(), "stack")).toBe(1);
    expect(at.names()).toEqual(["stack-controller-1", "stack-router-1", "other-worker-a"]);
  });

  test("leaves the workers running when only the controller is restarted", async () => {
    await using at = await stackWith("running");
    expect(await tearDown(at.client(), "stack")).toBe(0);
    expect(at.names()).toContain("stack-worker-a");
  });
});
