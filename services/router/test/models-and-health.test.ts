import { Value } from "typebox/value";
import { expect, test } from "vitest";

import { RouterHealth } from "@benchai/contract/health";
import { ModelCard, ModelList } from "@benchai/contract/openai";

import { eventually, startStack } from "./stack.ts";

test("S35: models are listed under their names and aliases, with their state", async () => {
  await using stack = await startStack({
    models: (ready) => [
      { ...ready("g1"), aliases: ["gpt-4o", "z"] },
      { name: "a b/c", state: "loading" },
    ],
  });
  const list = (await stack.get("/v1/models")).json();
  expect(Value.Check(ModelList, list)).toBe(true);
  expect(list.data.map((m) => [m.id, m.benchai])).toMatchObject([
    ["a b/c", { state: "loading" }],
    ["m", { state: "ready" }],
    ["gpt-4o", { state: "ready", alias_of: "m" }],
    ["z", { alias_of: "m" }],
  ]);
});

test.each([
  ["/v1/models/m", "m"],
  ["/v1/models/a%20b%2Fc", "a b/c"],
  ["/v1/models/a%20b/c", "a b/c"],
  ["/v1/models/gpt-4o", "gpt-4o"],
])("S35: %s is one model", async (path, id) => {
  await using stack = await startStack({
    models: (ready) => [{ ...ready("g1"), aliases: ["gpt-4o"] }, { name: "a b/c" }],
  });
  const answer = await stack.get(path);
  expect(Value.Check(ModelCard, answer.json())).toBe(true);
  expect(answer.json().id).toBe(id);
});

test.each(["/v1/models/none", `/v1/models/${"x".repeat(400)}`, "/v1/models/__proto__"])(
  "S35: %s is 404 model_not_found",
  async (path) => {
    await using stack = await startStack();
    const answer = await stack.get(path);
    expect([answer.status, answer.json().error?.code]).toEqual([404, "model_not_found"]);
  },
);

test("S35: a path with a broken percent sign is a client error with a code", async () => {
  await using stack = await startStack();
  const answer = await stack.get("/v1/models/%zz");
  expect(answer.status).toBe(400);
});

test("S31: a request by alias reaches the model, and its demand carries the model's name", async () => {
  await using stack = await startStack({
    models: (ready) => [{ ...ready("g1"), aliases: ["gpt-4o"] }],
  });
  const answer = await stack.chat({ model: "gpt-4o" });
  expect(answer.headers["x-benchai-model"]).toBe("m");
  expect(stack.controller.reports.flatMap((r) => Object.keys(r.models))).toContain("m");
});

test("S31: a model whose name no header can carry is answered, with the name percent-encoded", async () => {
  await using stack = await startStack({
    models: (ready) => [{ ...ready("g1"), name: "modèle\n1", slot: "s" }],
  });
  const answer = await stack.chat({ model: "modèle\n1" });
  expect([answer.status, answer.headers["x-benchai-model"]]).toEqual([200, "mod%C3%A8le%0A1"]);
});

test("health tells how many chat, and for how long nobody has; embedding is no chat", async () => {
  await using stack = await startStack({ llama: { faults: { tokens: 3, tokenDelayMs: 100 } } });
  const chats = async () => (await stack.get("/health")).json().chats;
  const before = await chats();
  expect(before.open).toBe(0);
  await stack.post("/v1/embeddings", JSON.stringify({ model: "m", input: "a" }));
  expect((await chats()).quietMs).toBeGreaterThan(before.quietMs);
  const answer = stack.chat({ stream: true });
  await eventually(async () => (await chats()).open === 1);
  expect((await chats()).quietMs).toBe(0);
  const leftMs = performance.now();
  await answer;
  await eventually(async () => (await chats()).open === 0);
  expect((await chats()).quietMs).toBeLessThanOrEqual(performance.now() - leftMs);
});

test("S35: health keeps the historic shape and says what is wrong", async () => {
  await using stack = await startStack();
  const health = (await stack.get("/health")).json();
  expect(Value.Check(RouterHealth, health)).toBe(true);
  expect(health).toMatchObject({
    status: "ok",
    features: { streaming: true, memory: false, tts: false, rag: false, obsidian: false },
    models: { ready: 1 },
    reasons: [],
  });
  stack.controller.status = { engine: { ok: false, message: "no engine" } };
  stack.controller.publish([
    { name: "m", state: "failed", reason: { code: "model_failed", message: "why" } },
  ]);
  await eventually(async () => (await stack.get("/health")).json().status === "degraded");
  const degraded = (await stack.get("/health")).json();
  expect(degraded.reasons).toEqual(["engine: no engine", "model m is failed: why"]);
  expect(degraded.features.streaming).toBe(false);
});

test("S35: the root says what this is, an unknown path is a 404 with a code", async () => {
  await using stack = await startStack();
  expect((await stack.get("/")).json().docs).toBe("docs/api.md");
  const none = await stack.get("/v1/none");
  expect([none.status, none.json().error?.code]).toEqual([404, "not_found"]);
});
