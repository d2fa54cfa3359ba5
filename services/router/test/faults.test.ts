import { expect, test } from "vitest";

import { dataOf, eventually, modelAt, open, startStack } from "./stack.ts";

function errorIn(data: string | undefined): { code: string; type: string; message: string } {
  return JSON.parse(data ?? "{}").error;
}

test.each(["cut=2", "quit=2", "cut=2;half=1", "quit=2;half=1"])(
  "S14: a worker that dies in the middle of a stream (%s) leaves whole events, an error event and no [DONE]",
  async (user) => {
    await using stack = await startStack();
    const answer = await stack.chat({ stream: true, user });
    const data = dataOf(answer.text);
    expect(data).toHaveLength(4);
    expect(data.slice(0, 3).map((d) => JSON.parse(d).choices[0].delta.content)).toEqual(["", "t0 ", "t1 "]);
    expect(errorIn(data[3])).toMatchObject({ code: "upstream_failed", type: "server_error" });
    expect(answer.text.endsWith("\n\n")).toBe(true);
    expect(answer.isBroken).toBe(false);
  },
);

test("S14: frames that arrive in pieces reach the client whole", async () => {
  await using stack = await startStack();
  const answer = await stack.chat({ stream: true, user: "tokens=20;split=1;tps=500" });
  expect(dataOf(answer.text)).toHaveLength(23);
});

test("S14: a worker that dies before the first byte is replaced by the next generation, once, and counted", async () => {
  await using stack = await startStack({
    llama: { apiKeys: ["worker-key"], faults: { cutAfterTokens: 0 } },
  });
  const pending = stack.chat({ stream: true });
  await eventually(() => stack.llama.counters.aborted === 1);
  await eventually(() => stack.controller.demandFor("m")?.queued === 1);
  const next = await stack.addLlama();
  stack.controller.publish([{ name: "m", state: "queued" }]);
  stack.controller.publish([modelAt(next, "g2")]);
  expect(dataOf((await pending).text).at(-1)).toBe("[DONE]");
  expect(stack.llama.counters.requests).toBe(1);
  expect(await stack.metric('benchai_router_retries_total{model="m",reason="died"}')).toBe(1);
});

test("S14: a request that kills two workers is not given a third", async () => {
  await using stack = await startStack({
    llama: { apiKeys: ["worker-key"], faults: { cutAfterTokens: 0 } },
  });
  const pending = stack.chat();
  await eventually(() => stack.llama.counters.aborted === 1);
  stack.controller.publish([modelAt(stack.llama, "g2")]);
  const answer = await pending;
  expect([answer.status, answer.json().error?.code]).toEqual([502, "upstream_failed"]);
  expect(stack.llama.counters.requests).toBe(2);
});

test("S14: a worker that is gone by the time a request is sent costs the request nothing but the wait", async () => {
  await using stack = await startStack();
  await stack.llama.close();
  const pending = stack.chat();
  const unreachable = 'benchai_router_retries_total{model="m",reason="unreachable"}';
  await eventually(async () => (await stack.metric(unreachable)) > 0);
  stack.controller.publish([modelAt(await stack.addLlama(), "g2")]);
  expect((await pending).status).toBe(200);
});

test("S14: a worker that crashes under several requests fails none that had not begun", async () => {
  await using stack = await startStack({ models: (ready) => [{ ...ready("g1"), parallel: 4 }] });
  const pending = Array.from({ length: 3 }, () => stack.chat({ user: "ttft=300" }));
  await eventually(() => stack.llama.counters.active === 3);
  await stack.llama.close();
  stack.controller.publish([modelAt(await stack.addLlama(), "g2")]);
  for (const { status } of await Promise.all(pending)) expect(status).toBe(200);
});

test("S14: an idle connection that the worker had closed is no death", async () => {
  await using stack = await startStack();
  expect((await stack.chat()).status).toBe(200);
  // The connection is idle now; the worker answers the next request on it with a close.
  const pending = stack.chat({ user: "cut=0" });
  const answer = await pending;
  expect(answer.status).toBe(502);
  expect(stack.llama.counters.requests).toBe(3);
  expect((await stack.chat()).status).toBe(200);
});

test("S14: a whole answer that breaks off is 502 while nothing of it was passed on", async () => {
  await using stack = await startStack();
  const pending = stack.chat({ user: "cut=1" });
  await eventually(() => stack.llama.counters.aborted === 1);
  stack.controller.publish([modelAt(stack.llama, "g2")]);
  expect((await pending).json().error?.code).toBe("upstream_failed");
});

test("S14: a large answer that breaks off after a part was passed on breaks the client's connection", async () => {
  await using stack = await startStack();
  const answer = await stack.chat({ user: "cut=1;body=3000000" });
  expect([answer.status, answer.isBroken]).toEqual([200, true]);
});

test("S15: a worker that accepts and sends nothing is 504 at the first-byte deadline, and is aborted", async () => {
  await using stack = await startStack({ env: { FIRST_BYTE_TIMEOUT_MS: "100" } });
  const answer = await stack.chat({ user: "hang=1" });
  expect([answer.status, answer.json().error?.code]).toEqual([504, "upstream_timeout"]);
  await eventually(() => stack.llama.counters.aborted === 1);
});

test("S15: a stream that falls silent ends with an error event, and is aborted", async () => {
  await using stack = await startStack({ env: { STALL_TIMEOUT_MS: "100" } });
  const answer = await stack.chat({ stream: true, user: "stall=2" });
  expect(dataOf(answer.text)).toHaveLength(4);
  expect(errorIn(dataOf(answer.text).at(-1)).code).toBe("upstream_timeout");
  await eventually(() => stack.llama.counters.aborted === 1);
});

test("S3: a wrong process at the worker's address is never passed on", async () => {
  await using stack = await startStack({ llama: { apiKeys: ["another-key"] } });
  const pending = stack.chat();
  await eventually(
    async () => (await stack.metric('benchai_router_retries_total{model="m",reason="wrong process"}')) === 1,
  );
  stack.controller.publish([modelAt(stack.llama, "g2")]);
  const answer = await pending;
  expect([answer.status, answer.json().error?.code]).toEqual([502, "upstream_failed"]);
  expect(answer.text).not.toContain('key"');
});

test.each([
  [400, "invalid_request", "invalid_request_error"],
  [404, "not_found", "invalid_request_error"],
  [429, "queue_full", "invalid_request_error"],
  [500, "upstream_failed", "server_error"],
  [501, "upstream_failed", "server_error"],
  [503, "upstream_failed", "server_error"],
])(
  "S34: an upstream %i is an OpenAI error object with its status, streamed or not",
  async (status, code, type) => {
    await using stack = await startStack();
    for (const stream of [false, true]) {
      const answer = await stack.chat({ stream, user: `fail=${status}` });
      expect(answer.status).toBe(status);
      expect(answer.json()).toEqual({
        error: { message: `fake failure ${status}`, type, param: null, code },
      });
    }
  },
);

test("S34: an upstream error after heartbeats is an error event", async () => {
  await using stack = await startStack({
    env: { HEARTBEAT_AFTER_MS: "20" },
    models: () => [{ name: "m", state: "loading" }],
  });
  const answering = await stack.open({ stream: true, user: "fail=400" });
  stack.controller.publish([modelAt(stack.llama, "g1")]);
  const [data, ...more] = dataOf((await answering.ended).text);
  expect(more).toEqual([]);
  expect(errorIn(data)).toMatchObject({ code: "invalid_request", message: "fake failure 400" });
});

test("S30: 50 parallel requests on a one-slot model run one at a time, in order, and all succeed", async () => {
  await using stack = await startStack({ models: (ready) => [{ ...ready("g1"), parallel: 1 }] });
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, stack.llama.counters.active)), 1);
  const answers = [];
  for (let i = 0; i < 50; i += 1) {
    answers.push(stack.chat({ seed: i, user: "ttft=2" }));
    await eventually(async () => (await sum(stack)) >= i + 1 - stack.llama.counters.done);
  }
  expect(new Set((await Promise.all(answers)).map((a) => a.status))).toEqual(new Set([200]));
  clearInterval(watch);
  expect(most).toBe(1);
  const seeds = stack.llama.requests.map((r) => JSON.parse(r.body.toString()).seed);
  expect(seeds).toEqual(seeds.toSorted((a, b) => a - b));
});

async function sum(stack: Awaited<ReturnType<typeof startStack>>): Promise<number> {
  const inFlight = await stack.metric('benchai_router_in_flight{model="m"}');
  return inFlight + (await stack.metric('benchai_router_waiting{model="m"}'));
}

test("S30: beyond the bound a request is 429 with Retry-After, never a 200", async () => {
  await using stack = await startStack({
    env: { MAX_QUEUE: "2" },
    models: (ready) => [{ ...ready("g1"), parallel: 1 }],
  });
  const pending = Array.from({ length: 3 }, () => stack.chat({ user: "ttft=150" }));
  await eventually(async () => (await sum(stack)) === 3);
  const refused = await stack.chat();
  expect([refused.status, refused.json().error?.code]).toEqual([429, "queue_full"]);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  for (const { status } of await Promise.all(pending)) expect(status).toBe(200);
});

test("S35: large bodies are bounded in bytes over all models, and small ones pass them", async () => {
  await using stack = await startStack({
    env: { BODY_BUDGET_BYTES: "200000" },
    models: (ready) => [ready("g1"), { name: "slow" }],
  });
  const pad = "x".repeat(150_000);
  const pending = stack.chat({ model: "slow", pad });
  await eventually(() => stack.controller.demandFor("slow")?.queued === 1);
  const refused = await stack.chat({ pad });
  expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "2"]);
  expect((await stack.chat()).status).toBe(200);
  stack.controller.publish([modelAt(stack.llama, "g1"), modelAt(stack.llama, "g2", "slow")]);
  expect((await pending).status).toBe(200);
  expect((await stack.chat({ pad })).status).toBe(200);
});

test("S13: a model that loads delays no other", async () => {
  await using stack = await startStack({
    models: (ready) => [ready("g1"), { name: "slow", state: "loading" }],
  });
  const waiting = await open(stack.port, { path: "/health", method: "GET" });
  await waiting.ended;
  const slow = stack.chat({ model: "slow" });
  await eventually(() => stack.controller.demandFor("slow")?.queued === 1);
  expect((await stack.chat()).status).toBe(200);
  stack.controller.publish([{ name: "slow", state: "invalid" }]);
  expect((await slow).status).toBe(422);
});

test("S36: many callers on many models each get their own answer", async () => {
  await using stack = await startStack({
    models: (ready) => ["a", "b", "c"].map((name) => ready(`g-${name}`, name)),
  });
  const models = Array.from({ length: 60 }, (_, i) => "abc"[i % 3] ?? "a");
  const answers = await Promise.all(models.map((model) => stack.chat({ model, stream: true })));
  for (const [i, answer] of answers.entries()) {
    expect(JSON.parse(dataOf(answer.text)[0] ?? "{}").model).toBe(models[i]);
    expect(answer.headers["x-benchai-model"]).toBe(models[i]);
  }
});
