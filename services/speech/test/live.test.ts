import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";
import { SseReader } from "@benchai/kernel/sse-reader";

import { SpeechConfig } from "../src/edge/config.ts";
import { type RunningSpeech, startSpeech } from "../src/service.ts";
import { childProcesses } from "./child-processes.ts";
import { startWritingModel, type WritingModel } from "./writing-model.ts";

const log = createLogger("speech", "fatal");
let folder: string;
let model: WritingModel;
let service: RunningSpeech;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "speech-live-"));
  model = await startWritingModel();
  const env = {
    PORT: "0",
    CACHE_DIR: join(folder, "cache"),
    ROUTER_URL: model.url,
    LIVE_IDLE_S: "2",
    FFMPEG_IDLE_S: "0",
  };
  service = await startSpeech(readConfig(SpeechConfig, env), log);
});

afterAll(async () => {
  await service.close();
  await model[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  Object.assign(model, { tokens: [], tokenEveryMs: 1, breakAfter: Infinity, left: 0 });
});

type Event = {
  readonly type: string;
  readonly text?: string;
  readonly index?: number;
  readonly start_ms?: number;
  readonly audio?: string;
  readonly error?: { code: string; message: string };
};

/** A conversation: what is said is sent as it comes, and what came back is kept, with its time. */
class Live {
  readonly socket = new WebSocket(`ws://127.0.0.1:${service.port}/v1/audio/speech/live`);
  readonly events: (Event & { atMs: number })[] = [];
  readonly closed = Promise.withResolvers<number>();

  constructor() {
    this.socket.addEventListener("message", ({ data }) =>
      this.events.push({ ...(JSON.parse(String(data)) as Event), atMs: performance.now() }),
    );
    this.socket.addEventListener("close", ({ code }) => this.closed.resolve(code));
  }

  static async open(...messages: object[]): Promise<Live> {
    const live = new Live();
    await new Promise((opened) => live.socket.addEventListener("open", opened));
    for (const message of messages) live.say(message);
    return live;
  }

  say(message: object | string): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  get sound(): Buffer {
    return Buffer.concat(this.events.map(({ audio = "" }) => Buffer.from(audio, "base64")));
  }

  get sentences(): (string | undefined)[] {
    return this.events.filter(({ type }) => type === "speech.sentence").map(({ text }) => text);
  }
}

async function post(path: string, body: object | string, type = "application/json"): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`http://127.0.0.1:${service.port}/v1/audio/${path}`, {
    method: "POST",
    headers: { "content-type": type },
    body: text,
  });
}

async function spoken(input: string): Promise<Buffer> {
  const response = await post("speech", { input, response_format: "pcm" });
  return Buffer.from(await response.arrayBuffer());
}

const pcm = { type: "start", response_format: "pcm" } as const;
const text = (...parts: string[]) => parts.map((part) => ({ type: "text", text: part }));

describe("a WebSocket", () => {
  it("says each sentence when it has ended, in order, and then that all is said", async () => {
    const live = await Live.open(pcm, ...text("One sen", "tence. And", " another"), { type: "end" });
    expect(await live.closed.promise).toBe(1000);
    expect(live.sentences).toEqual(["One sentence.", "And another"]);
    expect(live.events.at(-1)).toMatchObject({
      type: "speech.audio.done",
      benchai: { engines: ["espeak-ng"] },
    });
    expect(live.sound).toEqual(await spoken("One sentence. And another"));
    const [, second] = live.events.filter(({ type }) => type === "speech.sentence");
    expect(second?.start_ms).toBeGreaterThan(300);
  });

  it("sounds the same however the text is parted", async () => {
    const whole = "Dr. Smith paid $3.50 for it. Really? **Yes**, on 3 May: see\n\n- one\n- two\n";
    const sound = await spoken(whole);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3 }), async (cuts) => {
        const parts: string[] = [];
        for (let at = 0, i = 0; at < whole.length; i += 1)
          parts.push(whole.slice(at, (at += cuts[i % cuts.length] ?? 1)));
        const live = await Live.open(pcm, ...text(...parts), { type: "end" });
        await live.closed.promise;
        expect(live.sound).toEqual(sound);
      }),
      { numRuns: 25 },
    );
  });

  it("says what is there when it is told to flush, and goes on", async () => {
    const live = await Live.open(pcm, ...text("Half a sen"), { type: "flush" });
    await expect.poll(() => live.sound.length).toBeGreaterThan(1_000);
    for (const message of [...text("And the rest."), { type: "end" }]) live.say(message);
    expect(await live.closed.promise).toBe(1000);
    expect(live.sentences).toEqual(["Half a sen", "And the rest."]);
  });

  it.each([
    ["no JSON", ["{"], "invalid_json"],
    ["no start", text("Hello."), "invalid_request"],
    ["an unknown message", [{ type: "dance" }], "invalid_request"],
    ["a second start", [pcm, pcm], "invalid_request"],
    [
      "something after the end",
      [pcm, ...text("Hello."), { type: "end" }, { type: "flush" }],
      "invalid_request",
    ],
    ["a wrong format", [{ type: "start", response_format: "midi" }], "invalid_request"],
    ["SSML", [{ type: "start", input_format: "ssml" }], "invalid_request"],
    ["an unknown voice", [{ type: "start", voice: "nobody" }], "voice_not_found"],
    ["nothing that can be said", [pcm, ...text("..."), { type: "end" }], "invalid_request"],
  ])("refuses %s with a reason and closes", async (_what, messages, code) => {
    const live = await Live.open();
    for (const message of messages) live.say(message);
    expect(await live.closed.promise).toBe(1008);
    expect(live.events.at(-1)).toMatchObject({ type: "error", error: { code } });
  });

  it("ends a client that says nothing in the middle of its text", async () => {
    const live = await Live.open(pcm, ...text("And then"));
    expect(await live.closed.promise).toBe(1008);
    expect(live.events.at(-1)?.error?.message).toContain("no message for 2 s");
  });

  it("stops everything when the client leaves", async () => {
    const before = childProcesses();
    const many = Array.from({ length: 2_000 }, (_, i) => `Sentence ${i} of very many. `);
    const live = await Live.open({ type: "start", response_format: "opus" }, ...text(...many));
    await expect.poll(() => live.events.length).toBeGreaterThan(3);
    live.socket.close();
    await expect.poll(childProcesses, { interval: 5, timeout: 5_000 }).toEqual(before);
  });
});

describe("a request whose body is the text", () => {
  it.each([
    ["text/plain", "One sentence. And another."],
    ["application/x-ndjson", '{"text":"One sentence. "}\n"And another."\n'],
    [
      "text/event-stream",
      `data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"One sentence. "}}]}\n\ndata: {"choices":[{"delta":{"content":"And another."}}]}\n\ndata: [DONE]\n\n`,
    ],
  ])("is spoken as %s", async (type, body) => {
    const response = await post("speech/stream?response_format=pcm&speed=1.0", body, type);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "audio/pcm"]);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(await spoken("One sentence. And another."));
  });

  it("is answered before its end", async () => {
    const request = httpRequest({
      host: "127.0.0.1",
      port: service.port,
      method: "POST",
      path: "/v1/audio/speech/stream?response_format=pcm",
      headers: { "content-type": "text/plain" },
    });
    request.write("The first sentence. And then");
    const response = await new Promise<AsyncIterable<Buffer>>((answered) =>
      request.once("response", answered),
    );
    const chunks = response[Symbol.asyncIterator]();
    expect((await chunks.next()).value?.length).toBeGreaterThan(1_000);
    request.end(" the second.");
    const rest: Buffer[] = [];
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) rest.push(next.value);
    expect(Buffer.concat(rest).length).toBeGreaterThan(10_000);
  });

  it.each([
    ["a body of another type", "speech/stream", "application/json", "{}", 415, "unsupported_media_type"],
    ["a wrong speed", "speech/stream?speed=9", "text/plain", "a", 400, "invalid_request"],
    ["a field that is none", "speech/stream?response_format=midi", "text/plain", "a", 400, "invalid_request"],
    ["a line that is no JSON", "speech/stream", "application/x-ndjson", "{\n", 400, "invalid_json"],
  ])("refuses %s", async (_what, path, type, body, status, code) => {
    const response = await post(path, body, type);
    expect([response.status, await response.json()]).toMatchObject([status, { error: { code } }]);
  });
});

type Chunk = {
  readonly error?: { code: string };
  readonly choices?: readonly {
    delta: { content?: string; audio?: { data?: string; transcript?: string } };
  }[];
};

/** The events of an answer, with when each came. */
async function chatEvents(response: Response): Promise<{ data: string; atMs: number }[]> {
  const reader = new SseReader();
  const decoder = new TextDecoder();
  const events: { data: string; atMs: number }[] = [];
  for await (const bytes of response.body ?? [])
    for (const { data } of reader.push(decoder.decode(bytes, { stream: true })))
      events.push({ data, atMs: performance.now() });
  return events;
}

const chat = { model: "m", messages: [{ role: "user", content: "Hello" }], audio: { format: "pcm16" } };
const deltaOf = ({ data }: { data: string }) =>
  data === "[DONE]" ? undefined : (JSON.parse(data) as Chunk).choices?.[0]?.delta;

describe("a spoken chat", () => {
  it.each(["chat", "chat/completions"])("at %s sends the text as it comes, and its sound", async (path) => {
    model.tokens = ["The ", "answer ", "is ", "forty-two. ", "So ", "it ", "is."];
    const response = await post(path, { ...chat, modalities: ["text", "audio"], temperature: 0 });
    const events = await chatEvents(response);
    expect(events.at(-1)?.data).toBe("[DONE]");
    const deltas = events.map(deltaOf);
    expect(deltas.map((delta) => delta?.content ?? "").join("")).toBe(model.tokens.join(""));
    expect(deltas.flatMap((delta) => delta?.audio?.transcript ?? [])).toEqual([
      "The answer is forty-two.",
      "So it is.",
    ]);
    const sound = Buffer.concat(deltas.map((delta) => Buffer.from(delta?.audio?.data ?? "", "base64")));
    expect(sound).toEqual(await spoken("The answer is forty-two. So it is."));
    expect(model.asked.at(-1)?.body).toEqual({
      model: "m",
      messages: chat.messages,
      temperature: 0,
      stream: true,
    });
  });

  it("is its sound alone when that is asked for", async () => {
    model.tokens = ["Only ", "sound."];
    const response = await post("chat", { ...chat, stream_format: "audio" });
    expect(response.headers.get("content-type")).toBe("audio/pcm");
    expect(Buffer.from(await response.arrayBuffer())).toEqual(await spoken("Only sound."));
  });

  it("asks the model in the client's own name, and in no other", async () => {
    model.tokens = ["Yes."];
    const headers = {
      authorization: "Bearer a",
      "x-benchai-memory": "true",
      "x-benchai-owner": "ben",
      cookie: "c=1",
      "content-type": "application/json",
    };
    const url = `http://127.0.0.1:${service.port}/v1/audio/chat`;
    await (await fetch(url, { method: "POST", headers, body: JSON.stringify(chat) })).text();
    const seen = model.asked.at(-1)?.headers ?? {};
    expect(seen).toMatchObject({ authorization: "Bearer a", "x-benchai-memory": "true" });
    expect([seen["x-benchai-owner"], seen.cookie]).toEqual([undefined, undefined]);
  });

  it.each([
    ["an unknown model", { ...chat, model: "none" }, 404, "model_not_found"],
    ["an unknown voice", { ...chat, audio: { voice: "nobody" } }, 400, "voice_not_found"],
    ["several choices", { ...chat, n: 2 }, 400, "invalid_request"],
    ["an answer in one piece", { ...chat, stream: false }, 400, "invalid_request"],
  ])("refuses %s before anything is sent", async (_what, body, status, code) => {
    const response = await post("chat", body);
    expect([response.status, await response.json()]).toMatchObject([status, { error: { code } }]);
  });

  it("says so when the model breaks off, and does not end as if it were whole", async () => {
    model.tokens = ["A first sentence. ", "And ", "a ", "second."];
    model.breakAfter = 3;
    const events = await chatEvents(await post("chat", chat));
    expect(JSON.parse(events.at(-1)?.data ?? "")).toMatchObject({ error: { code: "upstream_failed" } });
  });

  it("has nothing to say of an answer without words, and ends well", async () => {
    model.tokens = ["..."];
    const events = await chatEvents(await post("chat", chat));
    expect(events.map(({ data }) => data).at(-1)).toBe("[DONE]");
    expect(events.some((event) => deltaOf(event)?.audio)).toBe(false);
  });

  it("stops the model when the client leaves", async () => {
    model.tokens = Array.from({ length: 500 }, (_, i) => `Sentence ${i}. `);
    model.tokenEveryMs = 20;
    const left = new AbortController();
    const url = `http://127.0.0.1:${service.port}/v1/audio/chat`;
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify(chat),
      signal: left.signal,
    });
    await response.body?.getReader().read();
    left.abort();
    await expect.poll(() => model.left).toBe(1);
  });
});

describe("at twenty tokens a second, the first sound comes within 200 ms of the first sentence's end", () => {
  const rounds = 9;
  /** The token behind the one that ends the sentence tells that it has ended. */
  const sentence = (i: number) => [
    "Round ",
    `${i} `,
    "has ",
    "a ",
    "first ",
    "sentence.",
    " And ",
    "a ",
    "second.",
  ];
  const median = (ms: readonly number[]) =>
    ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)] ?? Infinity;

  it("in a chat", async () => {
    const delaysMs: number[] = [];
    model.tokenEveryMs = 50;
    for (let i = 0; i < rounds; i += 1) {
      model.tokens = sentence(i);
      const events = await chatEvents(await post("chat", chat));
      const first = events.find((event) => deltaOf(event)?.audio?.data !== undefined);
      delaysMs.push((first?.atMs ?? Infinity) - (model.sentMs[5] ?? 0));
    }
    expect(Math.min(...delaysMs)).toBeGreaterThan(0);
    expect(median(delaysMs)).toBeLessThan(200);
  });

  it("over a WebSocket", async () => {
    const delaysMs: number[] = [];
    for (let i = 0; i < rounds; i += 1) {
      const live = await Live.open(pcm);
      let endedMs = 0;
      for (const [n, token] of sentence(i + rounds).entries()) {
        await delay(50);
        live.say({ type: "text", text: token });
        if (n === 5) endedMs = performance.now();
      }
      live.say({ type: "end" });
      await live.closed.promise;
      delaysMs.push(
        (live.events.find(({ type }) => type === "speech.audio.delta")?.atMs ?? Infinity) - endedMs,
      );
    }
    expect(Math.min(...delaysMs)).toBeGreaterThan(0);
    expect(median(delaysMs)).toBeLessThan(200);
  });
});
