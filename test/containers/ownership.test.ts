import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually } from "../support/eventually.ts";
import { fakeModel, type Stack, startStack, tinyChat } from "../support/stack.ts";

let stack: Stack;

const models = {
  "tiny-chat": {},
  second: { file: "tiny-chat.gguf" },
  steady: fakeModel("--fake-tokens", "600", "--fake-token-delay-ms", "20"),
  squatted: { file: "tiny-chat.gguf" },
};

beforeAll(async () => {
  stack = await startStack({
    models: { "tiny-chat.gguf": tinyChat, "fake.gguf": tinyChat },
    config: { models },
  });
});
afterAll(() => stack[Symbol.asyncDispose]());

test("S4: a controller that is killed with three workers loaded adopts them, and a stream through the router goes on", async () => {
  for (const model of ["tiny-chat", "second", "steady"]) expect(await stack.answers(model)).toBe(true);
  const before = await stack.workerIds();
  expect(before).toHaveLength(3);
  const response = await stack.chat("steady", { stream: true });
  const reader = response.body?.getReader();
  let text = new TextDecoder().decode((await reader?.read())?.value);

  await stack.service("controller").kill();
  expect(await stack.answers("tiny-chat"), "a loaded model answers while the controller is away").toBe(true);
  await stack.service("controller").start();
  await stack.inState("second", "ready");

  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read())
    text += new TextDecoder().decode(chunk.value);
  expect(text).toContain("data: [DONE]");
  expect(text.match(/"content"/g)?.length).toBeGreaterThanOrEqual(600);
  expect(await stack.workerIds()).toEqual(before);
  const health = await stack.controllerJson<{ role: string }>("/readyz");
  expect(health.role).toBe("leader");
});

test("S6: a worker that somebody removes by hand is noticed within 2 s and made again when it is needed", async () => {
  const { worker } = await stack.model("tiny-chat");
  await stack.docker.getContainer(worker?.containerId ?? "").remove({ force: true });
  await eventually(
    "noticed",
    async () => (await stack.model("tiny-chat")).worker?.containerId !== worker?.containerId,
    2_000,
  );
  expect(await stack.answers("tiny-chat")).toBe(true);
});

test.each(["created", "exited", "paused"] as const)(
  "S6: a leftover of our own that is %s converges",
  async (state) => {
    expect(await stack.answers("second")).toBe(true);
    const { worker } = await stack.model("second");
    const old = stack.docker.getContainer(worker?.containerId ?? "");
    await stack.service("controller").kill();
    if (state === "paused") await old.pause();
    else await old.kill();
    if (state === "created") {
      const body = await old.inspect();
      await old.remove({ force: true });
      await stack.docker.createContainer({
        name: body.Name.slice(1),
        Image: body.Config.Image,
        Labels: { ...body.Config.Labels, "ai.benchai.spec-hash": "of-another-time" },
      });
    }
    await stack.service("controller").start();
    await eventually("it answers again", () => stack.answers("second"), 40_000);
    const mine = (await stack.workers()).filter((w) => w.Config.Labels["ai.benchai.slot"] === "second");
    expect(mine.map((w) => w.State.Status)).toEqual(["running"]);
  },
);

test("S3: a stranger that holds a worker's name is reported, never adopted, never touched, never sent a request", async () => {
  const server = `require("node:http").createServer((q, r) => { console.log("got", q.url); r.end("{}"); }).listen(8080)`;
  const stranger = await stack.docker.createContainer({
    name: `${stack.name}-worker-squatted`,
    Image: stack.env["NODE_IMAGE"] ?? "",
    Cmd: ["node", "-e", server],
    HostConfig: { NetworkMode: `${stack.name}_workers` },
    NetworkingConfig: { EndpointsConfig: { [`${stack.name}_workers`]: { Aliases: ["squatted"] } } },
  });
  try {
    await stranger.start();
    const response = await stack.chat("squatted");
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(response.status).toBe(503);
    expect(error).toMatchObject({ code: "container_name_taken" });
    expect(error.message).toContain(stranger.id.slice(0, 12));
    const seen = await stranger.inspect();
    expect(seen.State.Running).toBe(true);
    expect((await stranger.logs({ stdout: true, stderr: true })).toString()).not.toContain("got");
  } finally {
    await stranger.remove({ force: true });
  }
  await eventually("the name is free and the model answers", () => stack.answers("squatted"), 30_000);
});

test("S9: a container that is merely named like a worker survives everything", async () => {
  const lookalike = await stack.docker.createContainer({
    name: `${stack.name}-worker-editor-llama-server`,
    Image: stack.env["NODE_IMAGE"] ?? "",
    Cmd: ["sleep", "600"],
  });
  try {
    await lookalike.start();
    await stack.service("controller").restart();
    await stack.inState("squatted", "ready");
    expect((await lookalike.inspect()).State.Running).toBe(true);
    expect(await stack.status()).not.toMatchObject({
      models: expect.arrayContaining([expect.objectContaining({ name: "editor-llama-server" })]),
    });
  } finally {
    await lookalike.remove({ force: true });
  }
});

/** The index of the controller that acts, and how many say that they are passive. */
async function roles(count: number) {
  const said = await Promise.all(
    Array.from({ length: count }, async (_, i) =>
      stack.controllerJson<{ role: string }>("/readyz", i + 1).then(
        (r) => r.role,
        () => "gone",
      ),
    ),
  );
  return {
    leader: said.indexOf("leader") + 1,
    leaders: said.filter((r) => r === "leader").length,
    passive: said.filter((r) => r === "passive").length,
  };
}

test("S2: of five controllers one acts, the others are passive; killed or paused, another takes over within 4 s as seen from outside, and no worker changes", async () => {
  for (const model of ["tiny-chat", "second"]) expect(await stack.answers(model)).toBe(true);
  const before = await stack.workerIds();
  stack.compose("up", "-d", "--no-recreate", "--scale", "controller=5", "controller");
  const first = await eventually("one leads, four are passive", async () => {
    const now = await roles(5);
    return now.leaders === 1 && now.passive === 4 && now;
  });

  let failed = 0;
  let asked = 0;
  const stop = new AbortController();
  const chat = (async () => {
    while (!stop.signal.aborted) {
      asked++;
      if (!(await stack.answers("tiny-chat"))) failed++;
    }
  })();

  // SIGKILL; Docker's own restart would bring it back at once, so it is kept from that.
  const leader = stack.service("controller", first.leader);
  await leader.update({ RestartPolicy: { Name: "no" } });
  const killedMs = performance.now();
  await leader.kill();
  const second = await eventually(
    "another one leads",
    async () => {
      const now = await roles(5);
      return now.leaders === 1 && now.leader !== first.leader && now;
    },
    10_000,
  );
  // Asking five controllers takes its time too: the lease lasts 2 s and is asked for every 0.5 s.
  expect(performance.now() - killedMs).toBeLessThan(4_000);

  const paused = stack.service("controller", second.leader);
  await paused.pause();
  await eventually(
    "a third one leads",
    async () => {
      const others = [1, 2, 3, 4, 5].filter((i) => i !== first.leader && i !== second.leader);
      const said = await Promise.all(others.map((i) => stack.controllerJson<{ role: string }>("/readyz", i)));
      return said.filter((r) => r.role === "leader").length === 1;
    },
    10_000,
  );
  await paused.unpause();
  const after = await eventually("the paused one is passive", async () => {
    const now = await roles(5);
    return now.leaders === 1 && now.leader !== second.leader && now;
  });
  expect(after.passive).toBe(3);

  stop.abort();
  await chat;
  expect(asked).toBeGreaterThan(10);
  expect(failed).toBe(0);
  expect(await stack.workerIds()).toEqual(before);
  expect(await stack.answers("squatted"), "a load that starts under the new leader").toBe(true);
  stack.compose("up", "-d", "--no-recreate", "--scale", "controller=1", "controller");
});
