import { expect, test } from "vitest";

import { chatBody, dataOf, eventually, send, type Stack, startRequest, startStack } from "./stack.ts";
import { found, report, sha256, startKnowledgeStack } from "./knowledge-stack.ts";

const path = "/v1/chat/completions";
const asked = { benchai: { memory: true, rag: { collections: ["notes"], k: 3 } } };
const benchaiOf = (text: string): unknown => JSON.parse(text).benchai;

test("S36: a request that asks for nothing reaches its worker byte for byte, and knowledge never hears of it", async () => {
  await using all = await startKnowledgeStack();
  const { stack, knowledge } = all;
  const body =
    '{"messages" : [{"role":"user","content":"hi"}],\n "model":"m", "n":12345678901234567890,"x":{"benchai":1}}';
  expect((await stack.post(path, body)).text).not.toContain("benchai");
  expect(stack.llama.lastRequest?.body.toString()).toBe(body);
  const embedding = '{"model":"m","input":"a","benchai":"the client\'s own"}';
  await stack.post("/v1/embeddings", embedding);
  expect(stack.llama.lastRequest?.body.toString()).toBe(embedding);
  expect(knowledge.requests).toEqual([]);
});

test("what fits goes before the question, the field does not go on, and the answer cites", async () => {
  await using all = await startKnowledgeStack();
  const { stack, knowledge } = all;
  knowledge.answer = found;
  const answer = await stack.chat(asked);
  expect([answer.status, benchaiOf(answer.text)]).toEqual([200, report]);
  expect(answer.json().choices).toHaveLength(1);
  const sent = JSON.parse(stack.llama.lastRequest?.body.toString() ?? "");
  expect(sent).toEqual(chatBody({ messages: [{ role: "user", content: `${found.block}hi` }] }));
  expect(knowledge.to("/internal/enrich")[0]).toMatchObject({
    headers: { "x-benchai-owner": "local" },
    json: { question: "hi", request: asked.benchai, budgetTokens: 1_024 },
  });
});

test("a stream cites in one more chunk, without choices, before its end", async () => {
  await using all = await startKnowledgeStack();
  const { stack, knowledge } = all;
  knowledge.answer = found;
  const answer = await stack.chat({ ...asked, stream: true, user: "tokens=3;split=1" });
  const data = dataOf(answer.text);
  expect(data.at(-1)).toBe("[DONE]");
  const chunks = data.slice(0, -1).map((json) => JSON.parse(json));
  expect(chunks.at(-1)).toEqual({
    id: "chatcmpl-fake",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "m",
    choices: [],
    benchai: report,
  });
  expect(chunks.slice(0, -1).every((c) => c.choices.length === 1 && c.benchai === undefined)).toBe(true);
});

test("an answer too large to be held back cites as well, and its length is right", async () => {
  await using all = await startKnowledgeStack({ faults: {} });
  all.knowledge.answer = found;
  const answer = await all.stack.chat({ ...asked, user: "body=3000000" });
  expect([answer.isBroken, benchaiOf(answer.text)]).toEqual([false, report]);
  expect(answer.json().choices[0]?.message.content).toHaveLength(3_000_000);
});

test("unrelated questions inject nothing, and the answer says so", async () => {
  await using all = await startKnowledgeStack();
  const answer = await all.stack.chat(asked);
  expect(benchaiOf(answer.text)).toEqual({ citations: [], memories: [], tokens: 0, notes: [] });
  expect(JSON.parse(all.stack.llama.lastRequest?.body.toString() ?? "")).toEqual(chatBody());
});

test("headers ask as the field does, and the field wins", async () => {
  await using all = await startKnowledgeStack();
  const headers = { "x-benchai-memory": "work", "x-benchai-rag": "a,b" };
  const body = JSON.stringify(chatBody({ benchai: { rag: true } }));
  await send(all.stack.port, { path, body, headers });
  expect(all.knowledge.to("/internal/enrich")[0]?.json).toMatchObject({
    request: { memory: { namespace: "work" }, rag: true },
  });
});

test("a wish that is not understood is 400 and names its field", async () => {
  await using all = await startKnowledgeStack();
  const answer = await all.stack.chat({ benchai: { rag: { k: "many" } } });
  expect([answer.status, answer.json().error?.code]).toEqual([400, "invalid_request"]);
  expect(answer.json().error?.param).toMatch(/^benchai\.rag/);
  expect(all.stack.llama.counters.requests).toBe(0);
});

test.each<[string, object, RegExp]>([
  ["slow", { enrichDelayMs: 5_000 }, /did not answer within 100 ms/],
  ["hung", { isHung: true }, /did not answer within 100 ms/],
  ["failing", { failStatus: 500 }, /cannot be reached.*500/],
  ["talking nonsense", { answerText: "{" }, /form that is not known/],
  ["answering in another shape", { answerText: '{"block":1}' }, /form that is not known/],
])(
  "knowledge that is %s costs its text and a note, never the chat",
  { tags: "clock" },
  async (_what, faults, note) => {
    await using all = await startKnowledgeStack({ faults, env: { ENRICH_TIMEOUT_MS: "100" } });
    const startMs = performance.now();
    const answer = await all.stack.chat(asked);
    expect(answer.status).toBe(200);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(JSON.stringify(benchaiOf(answer.text))).toMatch(note);
    expect(JSON.parse(all.stack.llama.lastRequest?.body.toString() ?? "")).toEqual(chatBody());
  },
);

test("knowledge that is down, or not there at all, costs its text and a note", async () => {
  await using all = await startKnowledgeStack();
  await all.knowledge.leave();
  expect(JSON.stringify(benchaiOf((await all.stack.chat(asked)).text))).toContain("cannot be reached");
  await using bare = await startStack();
  expect(JSON.stringify(benchaiOf((await bare.chat(asked)).text))).toContain("KNOWLEDGE_URL");
});

test(
  "S32: a client that leaves while knowledge is asked ends that at once, and no worker hears of it",
  { tags: "clock" },
  async () => {
    await using all = await startKnowledgeStack({
      faults: { isHung: true },
      env: { ENRICH_TIMEOUT_MS: "60000" },
    });
    const { stack, knowledge } = all;
    const request = startRequest(stack.port, { path }, JSON.stringify(chatBody(asked)));
    request.on("error", () => undefined);
    await eventually(() => knowledge.active === 1);
    const leftMs = performance.now();
    request.destroy();
    await eventually(() => knowledge.aborted === 1);
    expect(performance.now() - leftMs).toBeLessThan(200);
    expect(stack.llama.counters.requests).toBe(0);
    expect(
      await stack.metric('benchai_router_requests_total{route="chat",model="unknown",status="499"}'),
    ).toBe(1);
  },
);

test("E4: an answer that breaks off, or an error, carries neither citations nor hidden text", async () => {
  await using all = await startKnowledgeStack();
  all.knowledge.answer = found;
  const cut = await all.stack.chat({ ...asked, stream: true, user: "cut=2" });
  const failed = await all.stack.chat({ ...asked, user: "fail=400" });
  for (const { text } of [cut, failed]) expect(text).not.toMatch(/hidden-text|citations|fake failure/);
  expect(dataOf(cut.text).at(-1)).toContain('"upstream_failed"');
  expect(failed.json().error?.message).toBe("the worker of model m answered 400");
});

test("a worker that dies before its first byte is replaced, and the next one gets the same prompt and cites", async () => {
  await using all = await startKnowledgeStack({ llama: { faults: { cutAfterTokens: 0 } } });
  const { stack, knowledge } = all;
  knowledge.answer = found;
  const second = await stack.addLlama();
  const pending = stack.chat(asked);
  await eventually(() => stack.llama.counters.aborted === 1);
  stack.controller.publish([
    { name: "m", endpoint: { generation: "g2", url: second.url, apiKey: "worker-key" } },
  ]);
  const answer = await pending;
  expect([answer.status, benchaiOf(answer.text)]).toEqual([200, report]);
  expect(second.lastRequest?.body.toString()).toBe(stack.llama.lastRequest?.body.toString());
  expect(knowledge.to("/internal/enrich")).toHaveLength(1);
});

test("a kept turn is reported after the answer: the user's words without what was put in", async () => {
  await using all = await startKnowledgeStack({ llama: { faults: { tokens: 2 } } });
  const { stack, knowledge } = all;
  knowledge.answer = found;
  const benchai = { memory: { namespace: "work" }, save: true, conversation: "c1" };
  await stack.chat({ benchai, stream: true });
  await stack.chat({ benchai: { save: true } });
  await stack.chat({ benchai: { save: true }, stream: true, user: "cut=1" });
  await eventually(() => knowledge.to("/internal/turns").length === 2);
  const [streamed, whole] = knowledge.to("/internal/turns").map((r) => r.json);
  expect(streamed).toEqual({
    namespace: "work",
    conversation: "c1",
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: "t0 t1 " },
    ],
  });
  expect(whole).toMatchObject({ namespace: "", conversation: expect.stringMatching(/^req_/) });
  expect(await stack.metric('benchai_router_turns_total{outcome="kept"}')).toBe(2);
});

test(
  "a turn that nobody reads for memories is not handed over, and the answer says so at once",
  { tags: "clock" },
  async () => {
    await using all = await startKnowledgeStack({ faults: { isWithoutExtraction: true, isHung: true } });
    const { stack, knowledge } = all;
    const note = expect.stringMatching(/^this turn is not kept: .*EXTRACT_MODEL/);
    const alone = { citations: [], memories: [], tokens: 0, notes: [note] };
    const startMs = performance.now();
    expect(benchaiOf((await stack.chat({ benchai: { save: true } })).text)).toEqual(alone);
    const streamed = dataOf((await stack.chat({ benchai: { save: true }, stream: true })).text);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(benchaiOf(streamed.at(-2) ?? "")).toEqual(alone);
    knowledge.faults.isHung = false;
    knowledge.answer = found;
    const both = await stack.chat({ benchai: { ...asked.benchai, save: true } });
    expect(benchaiOf(both.text)).toEqual({ ...report, notes: [note] });
    expect(knowledge.to("/internal/turns")).toEqual([]);
  },
);

test("a turn that may be lost, or has nowhere to go, is told of in the answer", async () => {
  const notes = async (stack: Stack) =>
    (benchaiOf((await stack.chat({ benchai: { save: true } })).text) as { notes: string[] }).notes.join();
  await using bare = await startStack();
  expect(await notes(bare)).toMatch(/not kept: .*KNOWLEDGE_URL/);
  await using all = await startKnowledgeStack();
  await all.knowledge.leave();
  await eventually(async () => (await all.stack.get("/health")).text.includes("knowledge is away"), 8_000);
  expect(await notes(all.stack)).toMatch(/may be lost/);
});

test("a chat never waits for its turn to be kept, and what cannot be kept is counted, not held", async () => {
  await using all = await startKnowledgeStack({ faults: { isHung: true } });
  for (let i = 0; i < 80; i += 1)
    expect((await all.stack.chat({ benchai: { save: true } })).status).toBe(200);
  expect(await all.stack.metric('benchai_router_turns_total{outcome="dropped"}')).toBeGreaterThanOrEqual(15);
});

test("A9: owners are told apart by their keys, and a client's own owner header says nothing", async () => {
  const owners = [
    { name: "anna", keys: [sha256("key-a")] },
    { name: "ben", keys: [sha256("key-b")] },
  ];
  await using all = await startKnowledgeStack({ configured: { owners } });
  const { stack, knowledge } = all;
  const body = JSON.stringify(chatBody(asked));
  for (const headers of [
    { authorization: "Bearer key-a" },
    { "x-api-key": "key-b" },
    { "x-benchai-owner": "anna" },
  ] as Record<string, string>[])
    await send(stack.port, { path, body, headers });
  expect(knowledge.to("/internal/enrich").map((r) => r.headers["x-benchai-owner"])).toEqual([
    "anna",
    "ben",
    "local",
  ]);
  for (const { rawHeaders } of stack.llama.requests)
    expect(rawHeaders.join(" ")).not.toMatch(/key-a|key-b|owner/);
});

test("S35: health tells of memory and documents what was seen, and readiness does not depend on it", async () => {
  await using all = await startKnowledgeStack();
  const { stack, knowledge } = all;
  const features = async () => (await stack.get("/health")).json().features;
  await eventually(async () => (await stack.get("/health")).json().status === "ok");
  expect(await features()).toMatchObject({ memory: true, rag: true });
  knowledge.faults.problem = "storage_corrupt: damaged";
  await eventually(async () => (await stack.get("/health")).json().status === "degraded", 8_000);
  expect(await features()).toMatchObject({ memory: false, rag: false });
  expect((await stack.get("/health")).json().reasons).toEqual(["knowledge: storage_corrupt: damaged"]);
  expect((await stack.get("/readyz")).status).toBe(200);
});
