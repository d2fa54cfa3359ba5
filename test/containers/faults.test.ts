import { readFileSync } from "node:fs";

import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually } from "../support/eventually.ts";
import { askWorker, fakeModel, type Stack, startStack, tinyChat } from "../support/stack.ts";

const models = {
  "tiny-chat": {},
  // Some 3 s of text, as the toy model writes 5,000 tokens a second.
  long: { file: "tiny-chat.gguf", context: 16_384, parallel: 1 },
  "bad-flag": { file: "tiny-chat.gguf", flags: ["--no-such-flag"] },
  missing: { file: "nowhere.gguf" },
  slow: fakeModel("--fake-load-delay-ms", "12000"),
  crasher: fakeModel("--fake-crash-at-start", "7"),
  late: fakeModel("--fake-first-token-delay-ms", "3000", "--fake-tokens", "3"),
};

let stack: Stack;

beforeAll(async () => {
  const good = readFileSync(tinyChat);
  const damaged = Buffer.from(good);
  // A header that parses and tensors that do not fit it: only llama-server itself can tell.
  damaged.write("xlama", good.indexOf("llama", 24), "latin1");
  stack = await startStack({
    models: {
      "tiny-chat.gguf": tinyChat,
      "fake.gguf": tinyChat,
      "cut.gguf": good.subarray(0, 300_000),
      "page.gguf": Buffer.from("<!doctype html><title>404</title>"),
      "damaged.gguf": damaged,
    },
    config: { models },
  });
});
afterAll(() => stack[Symbol.asyncDispose]());

const messages = [{ role: "user" as const, content: "Hello" }];

function post(body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${stack.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages, ...body }),
    ...(signal ? { signal } : {}),
  });
}

type OpenAIError = {
  readonly error: { readonly message: string; readonly code: string; readonly type: string };
};

async function failure(model: string) {
  const startMs = performance.now();
  const response = await post({ model });
  const { error } = (await response.json()) as OpenAIError;
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    tookMs: performance.now() - startMs,
    ...error,
  };
}

test.each([
  ["cut.gguf", "cut", 422, "model_invalid", /cut off/],
  ["a web page named .gguf", "page", 422, "model_invalid", /letters GGUF/],
  ["a file that is not there", "missing", 422, "model_invalid", /no nowhere\.gguf/],
  [
    "a GGUF that llama-server refuses",
    "damaged",
    503,
    "model_failed",
    /exit code \d+.*(unknown model architecture|xlama)/,
  ],
  ["an unknown flag", "bad-flag", 503, "model_failed", /exit code \d+.*no-such-flag/],
])("S10: %s fails in under 2 s with the reason", async (_what, model, status, code, message) => {
  const failed = await failure(model);
  expect(failed).toMatchObject({ status, code });
  expect(failed.message).toMatch(message);
  expect(failed.tookMs).toBeLessThan(2_000);
});

test("S7: a worker that crashes at start is tried a few times only, says why, and disturbs nobody", async () => {
  await post({ model: "tiny-chat" });
  const spawned = new Set<string>();
  const events = await stack.docker.getEvents({
    filters: { event: ["start"], label: ["ai.benchai.slot=crasher", `ai.benchai.stack=${stack.name}`] },
  } as object);
  events.on("data", (line: Buffer) => {
    for (const one of line.toString().trim().split("\n")) spawned.add((JSON.parse(one) as { id: string }).id);
  });
  const first = await failure("crasher");
  expect(first).toMatchObject({ status: 503, code: "model_failed" });
  expect(first.message).toMatch(/exit code 7.*fake crash at start/);
  expect(Number(first.retryAfter)).toBeGreaterThanOrEqual(1);

  const tookMs: number[] = [];
  const endMs = performance.now() + 25_000;
  while (performance.now() < endMs) {
    expect((await failure("crasher")).status).toBe(503);
    const startMs = performance.now();
    expect((await post({ model: "tiny-chat", max_tokens: 4 })).status).toBe(200);
    tookMs.push(performance.now() - startMs);
  }
  // The delays are 1, 4, 16, 64 … s: within these 25 s at most the tries at 0, 1, 5 and 21 s.
  expect(spawned.size).toBeGreaterThanOrEqual(3);
  expect(spawned.size).toBeLessThanOrEqual(4);
  expect(await stack.model("crasher")).toMatchObject({
    state: "crash-loop",
    reason: { code: "model_failed" },
  });
  expect(tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)]).toBeLessThan(500);
  (events as unknown as { destroy(): void }).destroy();

  stack.writeConfig({ models: { ...models, crasher: fakeModel() } });
  await eventually(
    "the changed model answers",
    async () => (await post({ model: "crasher" })).status === 200,
    10_000,
  );
});

test("S12: while a model loads slowly the API answers, a stream gets heartbeats, and nothing kills the load", async () => {
  const response = await post({ model: "slow", stream: true });
  expect(response.status).toBe(200);
  const reader = response.body?.getReader();
  const early = new TextDecoder().decode((await reader?.read())?.value);
  expect(early).toMatch(/^: .*slow/);
  expect((await stack.model("slow")).state).toBe("loading");
  const healthMs = performance.now();
  expect((await fetch(`${stack.baseUrl}/health`)).status).toBe(200);
  expect((await post({ model: "tiny-chat", max_tokens: 4 })).status).toBe(200);
  expect(performance.now() - healthMs).toBeLessThan(2_000);
  let text = early;
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read())
    text += new TextDecoder().decode(chunk.value);
  expect(text).toContain("data: [DONE]");
  const slow = await stack.model("slow");
  expect(slow).toMatchObject({ state: "ready", failures: 0 });
});

test("S14: a worker that dies in mid-stream ends the stream with an error event and no [DONE], and the next request works", async () => {
  expect((await post({ model: "long", max_tokens: 1 })).status).toBe(200);
  const { worker } = await stack.model("long");
  const response = await post({ model: "long", stream: true, max_tokens: 16_000, ignore_eos: true });
  const reader = response.body?.getReader();
  let text = new TextDecoder().decode((await reader?.read())?.value);
  await stack.docker.getContainer(worker?.containerId ?? "").kill();
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read())
    text += new TextDecoder().decode(chunk.value);
  expect(text).not.toContain("[DONE]");
  const last = text.trim().split("\n\n").at(-1) ?? "";
  expect(JSON.parse(last.replace(/^data: /, ""))).toMatchObject({ error: { code: "upstream_failed" } });
  const next = await post({ model: "long", max_tokens: 4 });
  expect(next.status).toBe(200);
  expect((await stack.model("long")).worker?.containerId).not.toBe(worker?.containerId);
});

test("S14: a worker that dies before its first byte is replaced and the client sees only the answer", async () => {
  const waiting = post({ model: "late", stream: true });
  await eventually(
    "the request is at the worker",
    async () => (await askWorker<{ active: number }>(stack, "late", "/__counters")).active === 1,
  );
  const { worker } = await stack.model("late");
  await stack.docker.getContainer(worker?.containerId ?? "").kill();
  const response = await waiting;
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text).toContain("data: [DONE]");
  expect(text).not.toContain("error");
  expect((await stack.model("late")).worker?.containerId).not.toBe(worker?.containerId);
  const metrics = await (await fetch(`${stack.baseUrl}/metrics`)).text();
  expect(metrics).toMatch(/^benchai_router_retries_total\S* [1-9]/m);
});
