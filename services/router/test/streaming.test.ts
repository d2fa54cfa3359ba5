import { expect, test } from "vitest";

import { chatBody, commentsOf, dataOf, eventually, modelAt, send, startStack } from "./stack.ts";

test("S31: a streamed chat comes through event by event and ends with [DONE]", async () => {
  await using stack = await startStack();
  const answer = await stack.chat({ stream: true, user: "tokens=3" });
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  expect(answer.headers["x-benchai-model"]).toBe("m");
  expect(answer.headers["x-request-id"]).toMatch(/^req_\w+$/);
  expect(dataOf(answer.text).at(-1)).toBe("[DONE]");
  const chunks = dataOf(answer.text)
    .slice(0, -1)
    .map((d) => JSON.parse(d));
  expect(chunks.map((c) => c.choices[0].delta.content ?? null)).toEqual(["", "t0 ", "t1 ", "t2 ", null]);
});

test("S31: completions stream as well, and embeddings answer whole even when asked to stream", async () => {
  await using stack = await startStack();
  const completion = await stack.post("/v1/completions", { model: "m", prompt: "a", stream: true });
  expect(dataOf(completion.text).at(-1)).toBe("[DONE]");
  const embedding = await stack.post("/v1/embeddings", { model: "m", input: "a", stream: true });
  expect(embedding.headers["content-type"]).toContain("application/json");
  expect(embedding.json().data).toHaveLength(1);
});

test("S31: a chat that is not streamed is one JSON object with its length", async () => {
  await using stack = await startStack();
  const answer = await stack.chat();
  expect(answer.json().choices).toHaveLength(1);
  expect(Number(answer.headers["content-length"])).toBe(Buffer.byteLength(answer.text));
});

test("S31: an answer of several MB that is not streamed arrives whole", async () => {
  await using stack = await startStack();
  const answer = await stack.chat({ user: "body=5000000" });
  expect(answer.isBroken).toBe(false);
  expect(answer.json().choices[0]?.message.content).toHaveLength(5_000_000);
});

test("S12: a stream gets comments while its model loads, then its answer", async () => {
  await using stack = await startStack({
    env: { HEARTBEAT_AFTER_MS: "40", HEARTBEAT_EVERY_MS: "30" },
    models: () => [{ name: "m", state: "loading" }],
  });
  const open = await stack.open({ stream: true });
  expect(open.response.statusCode).toBe(200);
  await eventually(() => commentsOf(open.text()).length >= 3);
  expect(commentsOf(open.text())[0]).toBe(": waiting for m: loading, 0 s");
  stack.controller.publish([modelAt(stack.llama, "g1")]);
  const answer = await open.ended;
  expect(dataOf(answer.text).at(-1)).toBe("[DONE]");
});

test("S12: a request that is not streamed waits for its model without a byte, then gets its answer", async () => {
  await using stack = await startStack({ models: () => [{ name: "m" }] });
  const pending = stack.chat();
  await eventually(() => stack.controller.demandFor("m")?.queued === 1);
  stack.controller.publish([{ name: "m", state: "loading" }]);
  stack.controller.publish([modelAt(stack.llama, "g1")]);
  expect((await pending).status).toBe(200);
});

test("S12: a load that takes longer than the bound is 503 with progress and Retry-After", async () => {
  const reason = { code: "no_room", message: "the model big is busy" };
  await using stack = await startStack({
    env: { LOAD_WAIT_MS: "80" },
    models: () => [{ name: "m", state: "queued", reason }],
  });
  const answer = await stack.chat();
  expect(answer.status).toBe(503);
  expect(answer.headers["retry-after"]).toBe("5");
  expect(answer.json().error).toMatchObject({
    code: "model_loading",
    type: "server_error",
    param: "model",
  });
  expect(answer.json().error?.message).toContain("the model m is queued after 0 s: the model big is busy");
});

test("S12: an error after the first heartbeat is an error event and no [DONE]", async () => {
  await using stack = await startStack({
    env: { LOAD_WAIT_MS: "150", HEARTBEAT_AFTER_MS: "20" },
    models: () => [{ name: "m", state: "loading" }],
  });
  const answer = await stack.chat({ stream: true });
  expect(answer.status).toBe(200);
  expect(dataOf(answer.text)).toHaveLength(1);
  expect(JSON.parse(dataOf(answer.text)[0] ?? "").error.code).toBe("model_loading");
  expect(answer.isBroken).toBe(false);
});

test("S12: a worker that says it is still loading is asked again, not reported", async () => {
  await using stack = await startStack({
    llama: { apiKeys: ["worker-key"], faults: { loadDelayMs: 400 } },
  });
  const answer = await stack.chat({ stream: true });
  expect(dataOf(answer.text).at(-1)).toBe("[DONE]");
  expect(await stack.metric('benchai_router_retries_total{model="m",reason="loading"}')).toBeGreaterThan(0);
});

test("S7: a model in a crash loop is answered at once, with its reason and Retry-After", async () => {
  const reason = {
    code: "model_failed",
    message: "exit code 1: bad file",
    retryAtMs: Date.now() + 60_000,
  };
  await using stack = await startStack({
    models: () => [{ name: "m", state: "crash-loop", reason }],
  });
  const answer = await stack.chat({ stream: true });
  expect(answer.status).toBe(503);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(50);
  expect(answer.json().error).toMatchObject({
    code: "model_failed",
    message: "exit code 1: bad file",
  });
});

test("S10: a request that waits for a load gets the reason as soon as the load has failed", async () => {
  await using stack = await startStack({ models: () => [{ name: "m", state: "loading" }] });
  const pending = stack.chat();
  await eventually(() => stack.controller.demandFor("m")?.queued === 1);
  const reason = { code: "model_invalid", message: "m.gguf is not a GGUF file" };
  stack.controller.publish([{ name: "m", state: "invalid", reason }]);
  const answer = await pending;
  expect([answer.status, answer.json().error?.code]).toEqual([422, "model_invalid"]);
  await eventually(() => stack.controller.demandFor("m") === undefined);
});

test("S7: a model whose penalty is over is asked for again", async () => {
  const reason = { code: "model_failed", message: "exit code 1", retryAtMs: Date.now() - 1 };
  await using stack = await startStack({ models: () => [{ name: "m", state: "failed", reason }] });
  const pending = stack.chat();
  await eventually(() => stack.controller.demandFor("m")?.queued === 1);
  stack.controller.publish([modelAt(stack.llama, "g2")]);
  expect((await pending).status).toBe(200);
});

test("S36: the worker gets exactly the bytes that the client sent", async () => {
  await using stack = await startStack();
  const body = Buffer.from(
    ' {"model":\t"m","messages":[{"role":"user","content":"caf\\u00e9 ☕ \\ud83d\\ude00 \\ud800"}],\r\n' +
      '"temperature":0.10000000000000000001,"seed":12345678901234567890,"top_p":1e-2,"logit_bias":{"1":-0.0},' +
      '"stop":["\\n\\n"],"tools":[{"type":"function","function":{"name":"f","parameters":{"a":1,"a":2}}}],' +
      '"response_format":{"type":"json_object"},"x_unknown":{"__proto__":[null,{}]},"max_tokens":5 }\n',
  );
  const answer = await send(stack.port, { path: "/v1/chat/completions", body });
  expect(answer.status).toBe(200);
  expect(stack.llama.lastRequest?.body.equals(body)).toBe(true);
});

test("S36: 2,000 requests over keep-alive connections meet no socket error", async () => {
  await using stack = await startStack({ models: (ready) => [{ ...ready("g1"), parallel: 8 }] });
  const ask = async () =>
    await fetch(`http://127.0.0.1:${stack.port}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(chatBody()),
    }).then(async (r) => (await r.text(), r.status));
  const lanes = Array.from({ length: 8 }, async () => {
    const statuses = [];
    for (let i = 0; i < 250; i += 1) statuses.push(await ask());
    return statuses;
  });
  expect(new Set((await Promise.all(lanes)).flat())).toEqual(new Set([200]));
  expect(stack.llama.counters.requests).toBe(2_000);
});

test("B8: a fixed header set goes upstream, whatever the client sends", async () => {
  await using stack = await startStack();
  const headers = {
    authorization: "Bearer client-key",
    cookie: "a=b",
    "x-forwarded-for": "1.2.3.4",
    "x-request-id": "forged\tid",
    "accept-encoding": "gzip",
    accept: "text/html",
    connection: "keep-alive, x-secret",
    "x-secret": "1",
  };
  await send(stack.port, {
    path: "/v1/chat/completions",
    body: JSON.stringify(chatBody()),
    headers,
  });
  const seen = stack.llama.lastRequest?.headers ?? {};
  const { host, "x-request-id": id, "content-length": length, connection, ...rest } = seen;
  expect(rest).toEqual({
    accept: "application/json",
    "content-type": "application/json",
    authorization: "Bearer worker-key",
  });
  expect([host, connection, Number(length) > 0]).toEqual([
    stack.llama.url.slice("http://".length),
    "keep-alive",
    true,
  ]);
  expect(id).toMatch(/^req_\w+$/);
});

test("B8: nothing of the worker's headers but the content type comes back", async () => {
  await using stack = await startStack();
  const { headers } = await stack.chat();
  expect(Object.keys(headers).toSorted()).toEqual(
    ["connection", "content-length", "content-type", "date", "x-benchai-model", "x-request-id"].toSorted(),
  );
});

test("B2: the upstream path comes from the table, not from the URL", async () => {
  await using stack = await startStack();
  const body = JSON.stringify(chatBody());
  await send(stack.port, { path: "/v1/chat/completions?path=/slots&x=1#y", body });
  expect(stack.llama.lastRequest?.url).toBe("/v1/chat/completions");
  for (const path of [
    "/slots",
    "/props",
    "/v1/chat/completions/../../slots",
    "/v1/%2e%2e/slots",
    "//v1/chat/completions",
    "/V1/chat/completions",
  ])
    expect((await send(stack.port, { path, body })).status).toBe(404);
  expect(stack.llama.requests).toHaveLength(1);
});
