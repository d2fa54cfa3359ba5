import { expect, test } from "vitest";

import { type FakeWhisper, startFakeWhisper } from "@benchai/fakes/fake-whisper";

import type { FakeModel } from "./fake-controller.ts";
import { type Ask, chatBody, eventually, open, send, type Stack, startRequest, startStack } from "./stack.ts";

const boundary = "----benchai";
const path = "/v1/audio/inference?model=w";

function form(file: Uint8Array, fields: Record<string, string> = {}): Buffer {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return Buffer.concat([
    Buffer.from(parts.join("")),
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\ncontent-type: audio/wav\r\n\r\n`,
    ),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

/** Sound of one second, with every byte in it. */
const wav = Buffer.from(Uint8Array.from({ length: 44 + 32_000 }, (_, i) => i));

function ask(over: Partial<Ask> = {}): Ask {
  return {
    path,
    body: form(wav, { response_format: "verbose_json" }),
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    ...over,
  };
}

function at(whisper: FakeWhisper, generation = "w1"): FakeModel {
  return {
    name: "w",
    aliases: ["whisper-1"],
    kind: "transcription",
    parallel: 1,
    endpoint: { generation, url: whisper.url, apiKey: "secret" },
  };
}

/** A stack with a chat model `m` and a transcription model `w`. */
async function stackWith(whisper: FakeWhisper, env: Record<string, string> = {}): Promise<Stack> {
  return startStack({ env, models: (ready) => [ready("g1"), at(whisper)] });
}

test("a form reaches the worker as it came, below its key, and its answer comes back", async () => {
  await using whisper = await startFakeWhisper({ key: "secret" });
  await using stack = await stackWith(whisper);
  const answer = await send(stack.port, ask());
  expect([answer.status, answer.headers["content-type"], answer.headers["x-benchai-model"]]).toEqual([
    200,
    "application/json",
    "w",
  ]);
  expect(JSON.parse(answer.text)).toMatchObject({ text: " part 1\n of 1.0 s\n", duration: 1 });
  expect(whisper.forms).toHaveLength(1);
  expect(whisper.forms[0]?.url).toBe("/secret/v1/audio/inference");
  expect(whisper.forms[0]?.file.equals(wav)).toBe(true);
  expect(whisper.forms[0]?.fields).toEqual({ response_format: "verbose_json" });
  expect(
    await stack.metric('benchai_router_requests_total{route="transcription",model="w",status="200"}'),
  ).toBe(1);
});

test("an alias leads to the model", async () => {
  await using whisper = await startFakeWhisper({ key: "secret" });
  await using stack = await stackWith(whisper);
  const answer = await send(stack.port, ask({ path: "/v1/audio/inference?model=whisper-1" }));
  expect(answer.status).toBe(200);
});

test("a model that is not loaded is asked for and waited for", async () => {
  await using whisper = await startFakeWhisper({ key: "secret" });
  const unloaded = { name: "w", kind: "transcription", parallel: 1 } as const;
  await using stack = await startStack({ models: () => [unloaded] });
  const pending = send(stack.port, ask());
  await eventually(() => stack.controller.demandFor("w")?.queued === 1);
  stack.controller.publish([at(whisper)]);
  expect((await pending).status).toBe(200);
});

test("one request is at a worker at a time; the next waits for its turn", async () => {
  await using whisper = await startFakeWhisper({ key: "secret", faults: { isHung: true } });
  await using stack = await stackWith(whisper);
  const first = open(stack.port, ask()).catch(() => undefined);
  await eventually(() => stack.controller.demandFor("w")?.inFlight === 1);
  const second = open(stack.port, ask()).catch(() => undefined);
  await eventually(() => stack.controller.demandFor("w")?.queued === 1);
  expect(whisper.forms).toHaveLength(1);
  await stack[Symbol.asyncDispose]();
  await Promise.all([first, second]);
});

test("a client that leaves ends the worker's work", async () => {
  await using whisper = await startFakeWhisper({ key: "secret", faults: { isHung: true } });
  await using stack = await stackWith(whisper);
  const request = startRequest(stack.port, ask(), ask().body);
  request.on("error", () => undefined);
  await eventually(() => whisper.forms.length === 1);
  request.destroy();
  await eventually(() => whisper.aborted === 1);
});

test("who answers 404 is not the worker that was asked: its successor is, once", async () => {
  await using stranger = await startFakeWhisper({ key: "other" });
  await using whisper = await startFakeWhisper({ key: "secret" });
  // As the router knows the worker, with a stranger at its address.
  const url = stranger.url.replace("other", "secret");
  const endpoint = { generation: "w1", url, apiKey: "secret" };
  await using stack = await startStack({ models: () => [{ ...at(whisper), endpoint }] });
  const pending = send(stack.port, ask());
  await eventually(
    async () => (await stack.metric('benchai_router_retries_total{model="w",reason="wrong process"}')) === 1,
  );
  stack.controller.publish([at(whisper, "w2")]);
  expect((await pending).status).toBe(200);
  expect(stranger.forms).toHaveLength(0);
});

test("a worker that dies before it answers is replaced, once", async () => {
  await using dying = await startFakeWhisper({ key: "secret", faults: { isCut: true } });
  await using whisper = await startFakeWhisper({ key: "secret" });
  await using stack = await stackWith(dying);
  const pending = send(stack.port, ask());
  await eventually(() => dying.forms.length === 1);
  stack.controller.publish([at(whisper, "w2")]);
  expect((await pending).status).toBe(200);
});

test("what a worker cannot read is the client's error, as whisper-server says it without words", async () => {
  await using whisper = await startFakeWhisper({ key: "secret", faults: { failStatus: 400 } });
  await using stack = await stackWith(whisper);
  const answer = await send(stack.port, ask());
  expect([answer.status, answer.json().error]).toEqual([
    400,
    {
      message: "the worker of model w answered 400",
      type: "invalid_request_error",
      param: null,
      code: "invalid_request",
    },
  ]);
});

test("speech to a chat model, and a chat to a model of speech, are refused before any worker hears of them", async () => {
  await using whisper = await startFakeWhisper({ key: "secret" });
  await using stack = await stackWith(whisper);
  const speech = await send(stack.port, ask({ path: "/v1/audio/inference?model=m" }));
  const chat = await stack.chat(chatBody({ model: "w" }));
  const embedding = await stack.post("/v1/embeddings", { model: "w", input: "x" });
  for (const answer of [speech, chat, embedding]) {
    const { code, param } = answer.json().error ?? {};
    expect([answer.status, code, param]).toEqual([400, "invalid_request", "model"]);
  }
  expect([whisper.forms.length, stack.llama.counters.requests]).toEqual([0, 0]);
});

test("a form at a route of JSON, and JSON at this one, get 415; no model 400; another method 405", async () => {
  await using whisper = await startFakeWhisper({ key: "secret" });
  await using stack = await stackWith(whisper);
  const asks: readonly Ask[] = [
    ask({ path: "/v1/chat/completions" }),
    ask({ body: "{}", headers: {} }),
    ask({ path: "/v1/audio/inference" }),
    ask({ path: "/v1/audio/inference?model=w&model=m" }),
    { path, method: "GET" },
  ];
  const statuses = await Promise.all(asks.map(async (a) => (await send(stack.port, a)).status));
  expect(statuses).toEqual([415, 415, 400, 400, 405]);
});

test("GET /v1/models shows what kind it is", async () => {
  await using whisper = await startFakeWhisper({ key: "secret" });
  await using stack = await stackWith(whisper);
  const { data } = (await stack.get("/v1/models")).json();
  expect(data.find(({ id }) => id === "w")?.benchai).toMatchObject({ kind: "transcription", state: "ready" });
});
