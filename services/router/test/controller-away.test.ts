import { expect, test } from "vitest";

import { startRouter } from "../src/router.ts";
import { dataOf, eventually, modelAt, send, startStack, testConfig, chatBody, silentLog } from "./stack.ts";

const health = async (stack: Awaited<ReturnType<typeof startStack>>) => (await stack.get("/health")).json();

test("S4: while the controller is away a loaded model goes on, and health says so", async () => {
  await using stack = await startStack();
  const running = await stack.open({ stream: true, user: "tokens=40;tps=200" });
  await stack.controller.leave();
  await eventually(async () => (await health(stack)).status === "degraded");
  expect((await health(stack)).controller).toMatchObject({ connected: false, role: "leader" });
  expect((await health(stack)).features.streaming).toBe(true);
  expect((await stack.get("/readyz")).status).toBe(200);
  expect((await stack.chat()).status).toBe(200);
  expect(dataOf((await running.ended).text).at(-1)).toBe("[DONE]");
  await stack.controller.listen();
  await eventually(async () => (await health(stack)).status === "ok");
});

test("S4: a model that is not loaded is 503 after a short wait while the controller is away", async () => {
  await using stack = await startStack({
    env: { CONTROLLER_WAIT_MS: "100" },
    models: () => [{ name: "m" }],
  });
  await stack.controller.leave();
  const answer = await stack.chat();
  expect([answer.status, answer.json().error?.code]).toEqual([503, "controller_unavailable"]);
  expect((await stack.get("/readyz")).status).toBe(503);
});

test("S4: demand is sent again when the controller comes back, and the waiting request is served", async () => {
  await using stack = await startStack({ models: () => [{ name: "m" }] });
  const pending = stack.chat();
  await eventually(() => stack.controller.demandFor("m")?.queued === 1);
  await stack.controller.leave();
  stack.controller.reports.length = 0;
  await stack.controller.listen();
  await eventually(() => stack.controller.demandFor("m")?.queued === 1);
  stack.controller.publish([modelAt(stack.llama, "g1")]);
  expect((await pending).status).toBe(200);
});

test("S4: a snapshot of another shape is not believed, and the last good one holds", async () => {
  await using stack = await startStack();
  stack.controller.say('event: snapshot\ndata: {"status":{"models":"none"}}\n\n');
  await eventually(
    async () => (await stack.get("/v1/models")).json().data.length === 1 && stack.controller.streams === 1,
  );
  expect((await stack.chat()).status).toBe(200);
});

test("S12: before the first snapshot a request waits a short time, then gets 503 and is told why", async () => {
  const config = testConfig("http://127.0.0.1:9", { CONTROLLER_WAIT_MS: "100" });
  const router = await startRouter(config, silentLog);
  const ask = async (path: string, body?: string) =>
    send(router.port, body === undefined ? { method: "GET", path } : { path, body });
  expect((await ask("/v1/chat/completions", JSON.stringify(chatBody()))).json().error?.code).toBe(
    "controller_unavailable",
  );
  expect((await ask("/v1/models")).status).toBe(503);
  expect((await ask("/readyz")).status).toBe(503);
  const seen = await ask("/health");
  expect([seen.status, seen.json().status, seen.json().controller.seenAgeMs]).toEqual([503, "down", null]);
  expect((await ask("/livez")).status).toBe(200);
  await router.close();
});
