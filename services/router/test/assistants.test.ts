import { Value } from "typebox/value";
import { expect, test } from "vitest";

import { ModelList } from "@benchai/contract/openai";

import { chatBody, eventually, startStack } from "./stack.ts";
import { found, startKnowledgeStack } from "./knowledge-stack.ts";

const assistants = [
  {
    name: "helper",
    model: "gpt",
    system: "Be brief.",
    description: "d",
    voice: "amy",
    enrichment: { memory: true, rag: { k: 2 }, budget_tokens: 99 },
  },
  { name: "bare", model: "m", enrichment: {} },
  { name: "lost", model: "none", enrichment: {} },
];
const models = (ready: (generation: string) => { name: string }) => [{ ...ready("g1"), aliases: ["gpt"] }];
const configured = { assistants };

test("assistants are listed beside the models, with where their models stand", async () => {
  await using stack = await startStack({ models, configured });
  const list = (await stack.get("/v1/models")).json();
  expect(Value.Check(ModelList, list)).toBe(true);
  expect(list.data.map((m) => [m.id, m.benchai])).toMatchObject([
    ["bare", { kind: "assistant", model: "m", state: "ready" }],
    [
      "helper",
      {
        kind: "assistant",
        model: "gpt",
        state: "ready",
        description: "d",
        voice: "amy",
        context_tokens: 4_096,
      },
    ],
    [
      "lost",
      {
        kind: "assistant",
        model: "none",
        state: "invalid",
        reason: expect.stringContaining("does not exist"),
      },
    ],
    ["m", { kind: "chat" }],
    ["gpt", { alias_of: "m" }],
  ]);
  expect((await stack.get("/v1/models/helper")).json().id).toBe("helper");
  expect(JSON.stringify(list)).not.toContain("Be brief");
  expect((await stack.get("/health")).json().reasons).toEqual([
    "assistant lost wants the model none, which does not exist",
  ]);
});

test("an assistant answers as its model, with its prompt, memory and documents", async () => {
  await using all = await startKnowledgeStack({ models, configured });
  const { stack, knowledge } = all;
  knowledge.answer = found;
  const answer = await stack.chat({ model: "helper" });
  expect(answer.headers["x-benchai-model"]).toBe("m");
  expect(JSON.parse(stack.llama.lastRequest?.body.toString() ?? "")).toEqual({
    model: "m",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: `${found.block}hi` },
    ],
  });
  expect(knowledge.to("/internal/enrich")[0]?.json).toMatchObject({
    request: { memory: true, rag: { k: 2 } },
    budgetTokens: 99,
  });
  expect(stack.controller.reports.flatMap((r) => Object.keys(r.models))).not.toContain("helper");
});

test("a request overrides its assistant, and one without wishes asks knowledge nothing", async () => {
  await using all = await startKnowledgeStack({ models, configured });
  const { stack, knowledge } = all;
  await stack.chat({ model: "helper", benchai: { rag: false, memory: false } });
  const answer = await stack.chat({ model: "bare" });
  expect(knowledge.requests).toEqual([]);
  expect(answer.text).not.toContain('"benchai"');
  expect(stack.llama.lastRequest?.body.toString()).toBe(JSON.stringify(chatBody()));
});

test("an assistant without its model is 422 and says what to do", async () => {
  await using stack = await startStack({ models, configured });
  const answer = await stack.chat({ model: "lost" });
  expect([answer.status, answer.json().error?.code]).toEqual([422, "model_invalid"]);
  expect(answer.json().error?.message).toContain("correct benchai.yaml");
});

test("an assistant is a chat's only: other routes know no such model", async () => {
  await using stack = await startStack({ models, configured });
  expect((await stack.post("/v1/embeddings", { model: "helper", input: "a" })).status).toBe(404);
});

test("a model that has come by the same name wins, and health says so", async () => {
  await using stack = await startStack({
    models,
    configured: { assistants: [{ name: "m", model: "gpt", system: "no", enrichment: {} }] },
  });
  await stack.chat();
  expect(stack.llama.lastRequest?.body.toString()).toBe(JSON.stringify(chatBody()));
  expect((await stack.get("/health")).json().reasons).toEqual([
    "assistant m is not used: a model has the same name",
  ]);
});

test("S35: an assistant that is changed or gone is so with the next snapshot", async () => {
  await using stack = await startStack({ models, configured });
  stack.controller.configured = {};
  stack.controller.publish([{ name: "x" }]);
  await eventually(async () => (await stack.chat({ model: "helper" })).status === 404);
});

test("a ranking reaches its model as it came", async () => {
  await using stack = await startStack();
  const body = '{"model":"m", "query":"q","documents":["a","b"],"top_n":1}';
  const answer = await stack.post("/v1/rerank", body);
  expect([answer.status, stack.llama.lastRequest?.url]).toEqual([200, "/v1/rerank"]);
  expect(stack.llama.lastRequest?.body.toString()).toBe(body);
  expect((await stack.post("/v1/rerank", { model: "m" })).json().error?.param).toBe("documents");
});
