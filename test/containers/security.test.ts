import { connect } from "node:net";

import { afterAll, beforeAll, expect, test } from "vitest";

import { baseImages, run, testTag } from "../support/images.ts";
import { askWorker, execIn, fakeModel, type Stack, startStack, tinyChat } from "../support/stack.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    models: { "tiny-chat.gguf": tinyChat, "fake.gguf": tinyChat },
    config: { models: { "tiny-chat": {}, echo: fakeModel() } },
  });
  expect((await post({ model: "tiny-chat", messages, max_tokens: 2 })).status).toBe(200);
  expect((await post({ model: "echo", messages })).status).toBe(200);
});
afterAll(() => stack[Symbol.asyncDispose]());

const messages = [{ role: "user", content: "Hello" }];

function post(body: object | string, contentType = "application/json"): Promise<Response> {
  return fetch(`${stack.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": contentType },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function everyContainer() {
  const services = await Promise.all(
    ["router", "controller", "knowledge", "speech", "valkey"].map((s) => stack.service(s).inspect()),
  );
  return [...services, ...(await stack.workers())];
}

test("F4: every container runs unprivileged, read-only, without capabilities, bounded, and with rotating logs", async () => {
  const all = await everyContainer();
  expect(all.length).toBe(7);
  for (const { Name, Config, HostConfig } of all) {
    expect(Config.User, Name).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(HostConfig.ReadonlyRootfs, Name).toBe(true);
    expect(HostConfig.CapDrop, Name).toEqual(["ALL"]);
    expect(HostConfig.CapAdd ?? [], Name).toEqual([]);
    expect(HostConfig.Privileged, Name).toBe(false);
    expect(
      HostConfig.SecurityOpt?.some((o: string) => /^no-new-privileges(:true)?$/.test(o)),
      Name,
    ).toBe(true);
    expect(
      HostConfig.SecurityOpt?.some((o: string) => o.includes("unconfined")),
      Name,
    ).toBe(false);
    expect(HostConfig.PidsLimit, Name).toBeGreaterThan(0);
    expect(HostConfig.Memory, Name).toBeGreaterThan(0);
    expect(HostConfig.LogConfig?.Config?.["max-size"], Name).toBeDefined();
    expect(Config.Image, Name).not.toMatch(/:latest$|^[^:]+$/);
  }
});

test("F4: only the controller sees the engine's socket", async () => {
  for (const { Name, Mounts } of await everyContainer()) {
    const hasSocket = Mounts.some((m) => m.Source.endsWith("docker.sock"));
    expect(hasSocket, Name).toBe(Name.includes("-controller-"));
  }
});

test("A1: the router's port on 127.0.0.1 is the only one that is published", async () => {
  for (const { Name, HostConfig, NetworkSettings } of await everyContainer()) {
    const published = Object.values(NetworkSettings.Ports).flatMap((p) => p ?? []);
    if (Name.includes("-router-"))
      expect(published).toEqual([{ HostIp: "127.0.0.1", HostPort: `${stack.port}` }]);
    else expect(published, Name).toEqual([]);
    expect(HostConfig.PublishAllPorts, Name).toBe(false);
    expect(HostConfig.NetworkMode, Name).not.toBe("host");
  }
});

test("A1: any other bind is refused with an explanation, as there are no keys yet", () => {
  let said = "";
  try {
    run("docker", [
      "run",
      "--rm",
      "--network",
      "none",
      "-e",
      "BENCHAI_BIND=0.0.0.0",
      `benchai/router:${testTag}`,
    ]);
  } catch (error) {
    said = String((error as { stdout?: string }).stdout) + String((error as { stderr?: string }).stderr);
  }
  expect(said).toMatch(/BENCHAI_BIND/);
  expect(said).toMatch(/0\.0\.0\.0/);
});

test("F4: a worker reaches neither the controller nor knowledge nor valkey nor the world, and its key is in no inspect output", async () => {
  const worker = (await stack.workers()).find((w) => w.Config.Labels["ai.benchai.slot"] === "tiny-chat");
  if (!worker) throw new Error("no worker");
  const inside = stack.docker.getContainer(worker.Id);
  const addresses = await Promise.all(
    ["controller", "valkey", "knowledge", "speech"].map(async (s) => {
      const { Networks } = (await stack.service(s).inspect()).NetworkSettings;
      return Object.values(Networks)[0]?.IPAddress ?? "";
    }),
  );
  const targets = [
    `http://${addresses[0]}:8086/livez`,
    `http://${addresses[1]}:6379/`,
    `http://${addresses[2]}:8087/livez`,
    `http://${addresses[3]}:8088/livez`,
    "http://controller:8086/livez",
    "http://knowledge:8087/livez",
    "http://speech:8088/livez",
    "http://1.1.1.1/",
  ];
  for (const target of targets)
    await expect(
      execIn(inside, ["curl", "-s", "-m", "2", "-o", "/dev/null", target]),
      target,
    ).rejects.toThrow(/ended with/);
  const key = (await execIn(inside, ["cat", "/run/benchai/key"])).trim();
  expect(key.length).toBeGreaterThanOrEqual(43);
  for (const container of await everyContainer()) expect(JSON.stringify(container)).not.toContain(key);
  await expect(execIn(inside, ["sh", "-c", "touch /models/x"])).rejects.toThrow(/ended with/);
  await expect(
    execIn(inside, ["curl", "-fsS", "http://127.0.0.1:8080/v1/models", "-H", "authorization: Bearer wrong"]),
  ).rejects.toThrow(/ended with/);
});

test("F4: two workers have two keys", async () => {
  const keys = await Promise.all(
    (await stack.workers()).map((w) => execIn(stack.docker.getContainer(w.Id), ["cat", "/run/benchai/key"])),
  );
  expect(new Set(keys).size).toBe(2);
});

/** Sends bytes as they are and returns everything that comes back until the router closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(stack.port, "127.0.0.1", () => socket.end(text));
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer within 10 s")));
    socket.on("data", (d: Buffer) => void (answer += d.toString("latin1")));
    socket
      .on("close", () => resolve(answer))
      .on("error", (e: NodeJS.ErrnoException) => (e.code === "ECONNRESET" ? resolve(answer) : reject(e)));
  });
}

const body = JSON.stringify({ model: "echo", messages });
const head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

test.each([
  [
    "both lengths",
    `${head}content-length: ${body.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${body}`,
  ],
  ["two lengths", `${head}content-length: ${body.length}\r\ncontent-length: 5\r\n\r\n${body}`],
  ["an unknown encoding", `${head}transfer-encoding: xchunked\r\n\r\n${body}`],
  ["a folded header", `${head}x-a: 1\r\n 2\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
  ["a space before the colon", `${head}content-length : ${body.length}\r\n\r\n${body}`],
  ["a chunk size that is none", `${head}transfer-encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`],
  ["a signed length", `${head}content-length: +${body.length}\r\n\r\n${body}`],
])("B1: %s is refused and nothing of it reaches a worker", async (_what, request) => {
  const before = (await askWorker<unknown[]>(stack, "echo", "/__requests")).length;
  const answer = await raw(request);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect((await askWorker<unknown[]>(stack, "echo", "/__requests")).length).toBe(before);
});

test.each([
  "/v1/chat/completions/../../slots",
  "/slots",
  "/props",
  "/v1/../slots?action=save",
  "/v1/chat%2fcompletions",
  "/lora-adapters",
  "//v1/chat/completions",
])("B2: %s leads nowhere: the upstream path is never taken from the URL", async (path) => {
  const before = (await askWorker<unknown[]>(stack, "echo", "/__requests")).length;
  const answer = await raw(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 40[045] /);
  expect((await askWorker<unknown[]>(stack, "echo", "/__requests")).length).toBe(before);
});

test.each([
  ['{"model":{"toString":1},"messages":[{}]}', 400],
  ['{"__proto__":{"model":"echo"},"messages":[{}]}', 400],
  ['{"model":"__proto__","messages":[{}]}', 404],
  ['{"model":"constructor","messages":[{}]}', 404],
  ['{"model":"echo","model":"tiny-chat","messages":[{}]}', 400],
  ['{"model":"echo","mod\\u0065l":"tiny-chat","messages":[{}]}', 400],
  [`{"model":"echo","messages":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, 400],
  ["[]", 400],
  ["null", 400],
  ['{"model":"echo"', 400],
  ['{"model":"echo","messages":[]}', 400],
])("B7: %s is a clear 4xx and the router lives on", async (text, status) => {
  const startedAt = (await stack.service("router").inspect()).State.StartedAt;
  const response = await post(text);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({
    error: { code: expect.any(String), message: expect.any(String) },
  });
  expect((await stack.service("router").inspect()).State.StartedAt).toBe(startedAt);
});

test("B8: a fixed set of headers goes to the worker, whatever the client sends", async () => {
  const response = await fetch(`${stack.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-forwarded-host": "evil",
      forwarded: "for=evil",
      cookie: "a=b",
      authorization: "Bearer canary-key",
      te: "trailers",
      "x-api-key": "canary-key",
    },
    body,
  });
  expect(response.status).toBe(200);
  const received = JSON.stringify((await askWorker<unknown[]>(stack, "echo", "/__requests")).at(-1));
  expect(received).not.toMatch(/evil|canary-key|cookie|trailers/);
});

test("S40, A10: no page of another origin is let in, and nothing that a form could send", async () => {
  const response = await fetch(`${stack.baseUrl}/v1/models`, { headers: { origin: "https://evil.example" } });
  expect(response.status).toBe(403);
  expect([...response.headers.keys()].filter((h) => h.startsWith("access-control"))).toEqual([]);
  expect((await post(body, "text/plain")).status).toBe(415);
});

test("the base images in use are the ones this run was given", async () => {
  expect((await stack.service("valkey").inspect()).Config.Image).toBe(baseImages.VALKEY_IMAGE);
});
