import { expect, test } from "vitest";

import { chatBody, eventually, startRequest, startStack } from "./stack.ts";

const path = "/v1/chat/completions";

test.each([
  ["before the first byte of a stream", { stream: true, user: "hang=1" }],
  ["while a whole answer is made", { user: "hang=1" }],
])(
  "S32: a client that leaves %s aborts the worker within 50 ms",
  { tags: "clock" },
  async (_when, fields) => {
    await using stack = await startStack();
    const request = startRequest(stack.port, { path }, JSON.stringify(chatBody(fields)));
    request.on("error", () => undefined);
    await eventually(() => stack.llama.counters.active === 1);
    const leftMs = performance.timeOrigin + performance.now();
    request.destroy();
    await eventually(() => stack.llama.counters.aborted === 1);
    expect((stack.llama.counters.abortedAtEpochMs[0] ?? Infinity) - leftMs).toBeLessThan(50);
    await eventually(() => stack.controller.demandFor("m") === undefined);
  },
);

test(
  "S32: a client that leaves in the middle of a stream aborts the worker within 50 ms",
  { tags: "clock" },
  async () => {
    await using stack = await startStack();
    const answer = await stack.open({ stream: true, user: "tokens=100000;tps=100" });
    await eventually(() => answer.text().includes("t1 "));
    const leftMs = performance.timeOrigin + performance.now();
    answer.leave();
    await eventually(() => stack.llama.counters.aborted === 1);
    expect((stack.llama.counters.abortedAtEpochMs[0] ?? Infinity) - leftMs).toBeLessThan(50);
    expect(await stack.metric('benchai_router_upstream_aborts_total{model="m"}')).toBe(1);
  },
);

test("S32: a client that leaves the queue never reaches the worker, and the next one moves up", async () => {
  await using stack = await startStack({ models: (ready) => [{ ...ready("g1"), parallel: 1 }] });
  const first = await stack.open({ stream: true, user: "tokens=100000;tps=100" });
  const second = startRequest(stack.port, { path }, JSON.stringify(chatBody({ seed: 2 })));
  second.on("error", () => undefined);
  await eventually(async () => (await stack.metric('benchai_router_waiting{model="m"}')) === 1);
  const third = stack.chat({ seed: 3 });
  await eventually(async () => (await stack.metric('benchai_router_waiting{model="m"}')) === 2);
  second.destroy();
  await eventually(async () => (await stack.metric('benchai_router_waiting{model="m"}')) === 1);
  first.leave();
  expect((await third).status).toBe(200);
  expect(stack.llama.requests.map((r) => JSON.parse(r.body.toString()).seed)).toEqual([undefined, 3]);
});

test(
  "S21: a client that leaves while its model loads drops its demand at once",
  { tags: "clock" },
  async () => {
    await using stack = await startStack({ models: () => [{ name: "m" }] });
    const request = startRequest(stack.port, { path }, JSON.stringify(chatBody({ stream: true })));
    request.on("error", () => undefined);
    await eventually(() => stack.controller.demandFor("m")?.queued === 1);
    const leftMs = performance.now();
    request.destroy();
    await eventually(() => stack.controller.demandFor("m") === undefined);
    expect(performance.now() - leftMs).toBeLessThan(100);
  },
);

test("S21: demand is renewed while a request waits, and gathers all that wait", async () => {
  await using stack = await startStack({ models: () => [{ name: "m" }] });
  const requests = Array.from({ length: 3 }, () => stack.open({ stream: true }));
  for (const request of requests) request.catch(() => undefined);
  await eventually(() => stack.controller.demandFor("m")?.queued === 3);
  expect(stack.controller.reports.length).toBeLessThan(4);
  const { length } = stack.controller.reports;
  await eventually(() => stack.controller.reports.length >= length + 2);
  expect(stack.controller.demandFor("m")?.oldestWaitMs).toBeGreaterThan(900);
});

test("S19: short calls in steady use cost few reports and never look idle for long", async () => {
  await using stack = await startStack();
  const before = stack.controller.reports.length;
  for (let i = 0; i < 100; i += 1) await stack.chat();
  const reports = stack.controller.reports.slice(before);
  expect(reports.length).toBeLessThan(20);
  expect(reports.every((r) => r.models["m"] !== undefined)).toBe(true);
  await eventually(() => stack.controller.demandFor("m") === undefined);
});
