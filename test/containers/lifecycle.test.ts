import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually } from "../support/eventually.ts";
import { root } from "../support/images.ts";
import { freePort } from "../support/free-port.ts";
import { fakeModel, type Stack, startStack, tinyChat } from "../support/stack.ts";

let stack: Stack;

const models = {
  "tiny-chat": { aliases: ["chat"] },
  second: { file: "tiny-chat.gguf" },
  steady: fakeModel("--fake-tokens", "150", "--fake-token-delay-ms", "20"),
};

beforeAll(async () => {
  stack = await startStack({
    models: { "tiny-chat.gguf": tinyChat, "fake.gguf": tinyChat },
    config: { models },
  });
});
afterAll(() => stack[Symbol.asyncDispose]());

test("a configuration error names file, line, column and the accepted values, and the running configuration stays", async () => {
  expect(await stack.answers("chat")).toBe(true);
  const before = await stack.workerIds();
  stack.writeConfig("models:\n  tiny-chat:\n    aliases: [chat]\n    parallel: many\n    colour: red\n");
  const status = await eventually("the error is seen", async () => {
    const now = await stack.status();
    return !now.config.ok && now;
  });
  expect(status.config.message).toContain(
    "benchai.yaml:4:5: models.tiny-chat.parallel: expected a whole number from 1 to 256",
  );
  expect(status.config.message).toMatch(
    /benchai\.yaml:5:5: models\.tiny-chat\.colour: unknown setting; accepted are context, parallel/,
  );
  expect(await stack.answers("chat")).toBe(true);
  expect(await stack.workerIds()).toEqual(before);
  stack.writeConfig({ models });
  await eventually("the error is gone", async () => (await stack.status()).config.ok);
  expect(await stack.workerIds()).toEqual(before);
});

test("a file that is put into models/ is served under its stem within seconds, and is gone when it is removed", async () => {
  stack.putModel("dropped-in.gguf", tinyChat);
  await eventually(
    "it is listed",
    async () => (await stack.status()).models.some((m) => m.name === "dropped-in"),
    5_000,
  );
  await eventually("it answers", () => stack.answers("dropped-in"), 10_000);
  rmSync(join(stack.models, "dropped-in.gguf"));
  await eventually(
    "it is gone",
    async () => !(await stack.status()).models.some((m) => m.name === "dropped-in"),
    5_000,
  );
  await eventually(
    "so is its worker",
    async () => !(await stack.workers()).some((w) => w.Config.Labels["ai.benchai.slot"] === "dropped-in"),
    15_000,
  );
});

test("when one model fits, the idle one makes room, and a busy one never does", async () => {
  stack.writeConfig({ limits: { maxLoaded: 1 }, models });
  expect(await stack.answers("steady")).toBe(true);
  const response = await stack.chat("steady", { stream: true, max_tokens: 150 });
  const reader = response.body?.getReader();
  let text = new TextDecoder().decode((await reader?.read())?.value);
  const second = stack.answers("second");
  const blocked = await eventually("the second waits for room", async () =>
    (await stack.status()).models.find((m) => m.name === "second" && m.reason?.code === "no_room"),
  );
  expect(blocked.reason?.message).toContain("steady");
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read())
    text += new TextDecoder().decode(chunk.value);
  expect(text).toContain("data: [DONE]");
  expect(await second).toBe(true);
  expect(
    (await stack.workers()).filter((w) => w.State.Running).map((w) => w.Config.Labels["ai.benchai.slot"]),
  ).toEqual(["second"]);
  stack.writeConfig({ models });
});

test("an idle model is unloaded after its idle time and comes back when it is asked for", async () => {
  stack.writeConfig({ models: { ...models, second: { file: "tiny-chat.gguf", idleS: 2 } } });
  await eventually("it answers", () => stack.answers("second"));
  await stack.inState("second", "unloaded", 10_000);
  expect(await stack.answers("second")).toBe(true);
  stack.writeConfig({ models });
});

test("workers survive an upgrade of the router and of the controller", async () => {
  expect(await stack.answers("tiny-chat")).toBe(true);
  const before = (await stack.model("tiny-chat")).worker?.containerId;
  stack.compose("up", "-d", "--wait", "--force-recreate", "--no-deps", "controller");
  stack.compose("up", "-d", "--wait", "--force-recreate", "--no-deps", "router");
  // The client's kept-alive connections ended with the old router: the first request on one of them fails.
  await eventually("it answers", () => stack.answers("tiny-chat"));
  expect((await stack.model("tiny-chat")).worker?.containerId).toBe(before);
});

async function leftovers() {
  const all = await stack.docker.listContainers({ all: true });
  const networks = await stack.docker.listNetworks();
  return [
    ...all.filter((c) => c.Names.some((n) => n.startsWith(`/${stack.name}-`))).map((c) => c.Names[0]),
    ...networks.filter((n) => n.Name.startsWith(`${stack.name}_`)).map((n) => n.Name),
  ];
}

test("S8: `docker compose down` leaves no worker and no network, and up again at once always converges", async () => {
  for (let i = 0; i < 3; i++) {
    await eventually("it answers", () => stack.answers("tiny-chat"));
    stack.compose("down");
    expect(await leftovers()).toEqual([]);
    stack.compose("up", "-d", "--wait");
  }
  await eventually("it answers", () => stack.answers("tiny-chat"));
  const { Volumes } = await stack.docker.listVolumes();
  expect(
    Volumes.map((v) => v.Name)
      .filter((n) => n.startsWith(stack.name))
      .toSorted(),
  ).toEqual(["knowledge", "speech", "state", "valkey", "vault"].map((volume) => `${stack.name}_${volume}`));
});

const exec = promisify(execFile);

test("S1: with a stranger on the port, `./benchai up` names it once and creates, kills and restarts nothing", async () => {
  const port = await freePort();
  const stranger = createServer().listen(port, "127.0.0.1");
  await new Promise((resolve) => stranger.once("listening", resolve));
  const seen = async () =>
    (await stack.docker.listContainers({ all: true })).map((c) => `${c.Id} ${c.State}`).toSorted();
  const restarts = async () =>
    Promise.all(
      ["router", "controller", "valkey"].map(async (s) => (await stack.service(s).inspect()).RestartCount),
    );
  const [before, restartsBefore] = [await seen(), await restarts()];
  const env = {
    ...process.env,
    ...stack.env,
    BENCHAI_PORT: `${port}`,
    COMPOSE_PROJECT_NAME: "benchai-test-s1",
  };
  const failed = await exec(`${root}/benchai`, ["up", "--no-install"], { env, timeout: 60_000 }).then(
    () => undefined,
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  stranger.close();
  expect(failed?.code).toBeGreaterThan(0);
  const said = `${failed?.stdout}${failed?.stderr}`;
  expect(said).toContain(`${port}`);
  expect(said).toContain(`${process.pid}`);
  expect(said.split("\n").filter((line) => line.includes(`${process.pid}`))).toHaveLength(1);
  expect(await seen()).toEqual(before);
  expect(await restarts()).toEqual(restartsBefore);
});
