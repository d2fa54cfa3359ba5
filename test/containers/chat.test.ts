import { afterAll, beforeAll, expect, test } from "vitest";

import { randomEncoderBytes } from "../../packages/fakes/src/gguf-encoder.ts";
import { dot } from "../../services/knowledge/src/core/unit-vector.ts";
import { everyVector } from "../../services/knowledge/src/edge/embedder/embedder.ts";
import { openAiEmbedder } from "../../services/knowledge/src/edge/embedder/openai.ts";
import { RouterClient } from "../../services/knowledge/src/edge/router-client.ts";
import { rerankBeginnings } from "../../services/knowledge/src/rerank.ts";
import { eventually } from "../support/eventually.ts";
import { askWorker, fakeModel, type Stack, startStack, tinyChat } from "../support/stack.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    models: {
      "tiny-chat.gguf": tinyChat,
      "fake.gguf": tinyChat,
      "encoder.gguf": randomEncoderBytes({ seed: 1, contextTokens: 2_048 }),
      "ranker.gguf": randomEncoderBytes({ seed: 2, contextTokens: 2_048 }),
    },
    config: {
      models: {
        "tiny-chat": { aliases: ["gpt-4o-mini"] },
        embedder: { file: "tiny-chat.gguf", kind: "embedding" },
        ranker: { kind: "rerank" },
        echo: fakeModel(),
        endless: fakeModel("--fake-tokens", "100000", "--fake-token-delay-ms", "20"),
      },
    },
  });
});
afterAll(() => stack[Symbol.asyncDispose]());

function post(body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${stack.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

const hello = [{ role: "user" as const, content: "Hello" }];

test("the official client streams a chat from a real llama-server that the controller started on demand", async () => {
  expect((await stack.model("tiny-chat")).state).toBe("unloaded");
  const stream = await stack.openai.chat.completions.create({
    model: "tiny-chat",
    messages: hello,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await Array.fromAsync(stream);
  const text = chunks.map((c) => c.choices[0]?.delta.content ?? "").join("");
  expect(text.trim()).toBe("Hello! How can I help you?");
  expect(chunks.filter((c) => c.choices.length > 0).length).toBeGreaterThan(5);
  expect(chunks.find((c) => c.usage)?.usage?.completion_tokens).toBeGreaterThan(5);
  expect(chunks.flatMap((c) => c.choices.map((x) => x.finish_reason)).filter(Boolean)).toEqual(["stop"]);
  const [worker] = await stack.workers();
  expect(worker?.Config.Image).toBe(stack.env["LLAMA_IMAGE"]);
  expect(worker?.State.Health?.Status).toBe("healthy");
});

test("models that load at the same moment each answer for themselves", async () => {
  stack.putModel("other.gguf", tinyChat);
  const names = ["endless", "embedder", "other", "echo"];
  await eventually("the new file is known", async () =>
    (await stack.status()).models.find((m) => m.name === "other"),
  );
  const answers = await Promise.all(
    names.map(async (model) => {
      const response = await post({
        model,
        messages: hello,
        user: "tokens=2",
        max_tokens: 4,
        stream: model === "endless",
      });
      return [response.status, await response.text()] as const;
    }),
  );
  expect(answers.map(([status]) => status)).toEqual([200, 200, 200, 200]);
  const generations = (await stack.status()).models.flatMap((m) =>
    m.worker ? [`${m.slot}${m.worker.generation}`] : [],
  );
  expect(new Set(generations).size).toBe(generations.length);
  for (const [i, name] of names.entries()) expect(answers[i]?.[1]).toContain(`"model":"${name}"`);
});

test("an alias, a completion and an answer in one piece come from the same worker", async () => {
  const before = (await stack.model("tiny-chat")).worker?.containerId;
  const chat = await stack.openai.chat.completions.create({
    model: "gpt-4o-mini",
    messages: hello,
    temperature: 0,
  });
  expect(chat.choices[0]?.message.content?.trim()).toBe("Hello! How can I help you?");
  const completion = await stack.openai.completions.create({
    model: "tiny-chat",
    prompt: "User: Hello\nAssistant:",
    temperature: 0,
    max_tokens: 12,
  });
  expect(completion.choices[0]?.text).toContain("Hello");
  expect((await stack.model("tiny-chat")).worker?.containerId).toBe(before);
});

test("an embedding model answers /v1/embeddings with a vector for each input", async () => {
  const { data } = await stack.openai.embeddings.create({
    model: "embedder",
    input: ["one", "another"],
    encoding_format: "float",
  });
  expect(data.map((d) => d.embedding.length)).toEqual([96, 96]);
});

/** A word is five tokens to the encoders: 1,500, thrice what llama-server's own batch takes. */
const long = "word ".repeat(300);
const noVector = new Float32Array();
/** More than the encoders' context. */
const tooLong = "word ".repeat(1_000);

test("an encoder embeds an input that is longer than llama-server's own batch", async () => {
  const { data, usage } = await stack.openai.embeddings.create({
    model: "encoder",
    input: [long, "short"],
    encoding_format: "float",
  });
  expect(data.map((d) => d.embedding.length)).toEqual([64, 64]);
  expect(usage.prompt_tokens).toBeGreaterThan(1_500);
});

test("an encoder ranks texts that are longer than llama-server's own batch", async () => {
  const ranker = new RouterClient(stack.baseUrl);
  const scores = await ranker.rerank("ranker", "word", [long, "short"], AbortSignal.timeout(30_000));
  expect(scores.every(Number.isFinite)).toBe(true);
});

test("what is longer than the context is refused in words that knowledge knows, and embedded and ranked shorter", async () => {
  const embedder = await openAiEmbedder({ baseUrl: stack.baseUrl, model: "encoder" });
  const [shortened, short] = await everyVector(embedder, [tooLong, "short"], "document");
  // 5,000 characters are halved twice.
  const [quarter, alone] = await everyVector(embedder, ["word ".repeat(250), "short"], "document");
  expect(dot(shortened ?? noVector, quarter ?? noVector)).toBeCloseTo(1, 2);
  expect(dot(short ?? noVector, alone ?? noVector)).toBeCloseTo(1, 4);
  const ranker = new RouterClient(stack.baseUrl);
  const rerank = (query: string, texts: readonly string[], signal: AbortSignal) =>
    ranker.rerank("ranker", query, texts, signal);
  const signal = AbortSignal.timeout(30_000);
  await expect(rerank("word", [tooLong, "short"], signal)).rejects.toMatchObject({ code: "body_too_large" });
  const notes: string[] = [];
  const scores = await rerankBeginnings(rerank, notes, "word", [tooLong, "short"], signal);
  expect(scores.every(Number.isFinite)).toBe(true);
  expect(notes).toHaveLength(1);
});

test("the model list names every model and alias, and where it stands", async () => {
  const ids = (await Array.fromAsync(stack.openai.models.list())).map((m) => m.id);
  expect(ids).toEqual(expect.arrayContaining(["tiny-chat", "gpt-4o-mini", "embedder", "echo", "endless"]));
  await expect(stack.openai.models.retrieve("nobody")).rejects.toMatchObject({
    status: 404,
    code: "model_not_found",
  });
});

test("health keeps the historic shape and tells what was seen", async () => {
  type Health = { service: unknown; features: { memory: boolean; tts: boolean } };
  const health = await eventually("the router has seen the other services", async () => {
    const now = (await (await fetch(`${stack.baseUrl}/health`)).json()) as Health;
    return now.features.memory && now.features.tts ? now : undefined;
  });
  expect(health).toMatchObject({
    status: "ok",
    features: { streaming: true, memory: true, tts: true, rag: true, obsidian: false },
    controller: { connected: true, role: "leader" },
  });
  expect(typeof health.service).toBe("string");
  expect((await fetch(`${stack.baseUrl}/livez`)).status).toBe(200);
  expect((await fetch(`${stack.baseUrl}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${stack.baseUrl}/metrics`)).text()).toContain("benchai_");
});

type FakeRequest = { readonly url: string; readonly headers: Record<string, string>; readonly body: string };

test("S36: the worker receives the client's bytes unchanged, and only a fixed set of headers", async () => {
  const body = `{ "model":"echo",  "messages":[{"role":"user","content":"h\\u00e9 \\ud83d\\ude00"}],"max_tokens":7,"temperature":0.123456789012345678901,"seed":18446744073709551615,"stop":["\\n"],"tools":[],"logprobs":true,"x_unknown":{"a":[1.0,1e400]} }`;
  const response = await fetch(`${stack.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: "Bearer client-secret",
      cookie: "a=b",
      "x-forwarded-for": "1.2.3.4",
      "x-evil": "1",
    },
    body,
  });
  expect(response.status).toBe(200);
  const received = (await askWorker<FakeRequest[]>(stack, "echo", "/__requests")).at(-1);
  expect(received?.body).toBe(body);
  expect(received?.url).toBe("/v1/chat/completions");
  const names = Object.keys(received?.headers ?? {}).toSorted();
  expect(
    names.filter(
      (n) =>
        ![
          "accept",
          "authorization",
          "connection",
          "content-length",
          "content-type",
          "host",
          "x-request-id",
        ].includes(n),
    ),
  ).toEqual([]);
  expect(received?.headers["authorization"]).not.toContain("client-secret");
});

test("S36: thousands of keep-alive requests meet no socket error", async () => {
  const statuses = new Map<number, number>();
  const one = async () => {
    const response = await post({ model: "echo", messages: hello, user: "tokens=1" });
    await response.arrayBuffer();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  };
  const total = 4_000;
  let started = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (started++ < total) await one();
    }),
  );
  expect([...statuses]).toEqual([[200, total]]);
});

type Counters = { readonly active: number; readonly abortedAtEpochMs: readonly number[] };

test.each([[true], [false]])(
  "S32: a client that leaves ends the work at the worker within 50 ms (stream: %s)",
  { tags: "clock" },
  async (stream) => {
    const counters = () => askWorker<Counters>(stack, "endless", "/__counters");
    const delaysMs: number[] = [];
    for (let i = 0; i < 5; i++) {
      const leave = new AbortController();
      const response = post(
        { model: "endless", messages: hello, stream, ...(stream ? {} : { user: "hang=1" }) },
        leave.signal,
      );
      if (stream) await (await response).body?.getReader().read();
      const before = await eventually("the request is at the worker", async () => {
        const now = await counters().catch(() => undefined);
        return now?.active === 1 && now;
      });
      const leftAtMs = Date.now();
      leave.abort();
      await response.catch(() => undefined);
      const after = await eventually("the worker is free again", async () => {
        const now = await counters();
        return now.active === 0 && now;
      });
      expect(after.abortedAtEpochMs.length).toBe(before.abortedAtEpochMs.length + 1);
      delaysMs.push((after.abortedAtEpochMs.at(-1) ?? Infinity) - leftAtMs);
    }
    expect(delaysMs.toSorted((a, b) => a - b)[2]).toBeLessThanOrEqual(50);
  },
);
