import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Agent, fetch, FormData } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type FakeWhisper, startFakeWhisper, type WhisperFaults } from "@benchai/fakes/fake-whisper";
import { createApp } from "@benchai/kernel/app";
import { createLogger } from "@benchai/kernel/log";

import { RouterLink } from "../edge/router-link.ts";
import { TranscriptionClient } from "../edge/transcription-client.ts";
import { Transcriber } from "../transcribe.ts";
import { transcriptionRoutes } from "./transcriptions.ts";

const folder = mkdtempSync(join(tmpdir(), "transcriptions-"));
const before = process.env["TMPDIR"];
beforeAll(() => void (process.env["TMPDIR"] = folder));
afterAll(() => {
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  rmSync(folder, { recursive: true });
});

/** A FLAC file, which the service must read before a model hears it. */
function sound(seconds: number): Buffer {
  const source = `sine=frequency=440:sample_rate=16000:duration=${seconds}`;
  return execFileSync("ffmpeg", ["-loglevel", "error", "-f", "lavfi", "-i", source, "-f", "flac", "pipe:1"], {
    maxBuffer: 64 * 1024 * 1024,
  });
}

function card(id: string, kind: string, state = "ready") {
  const benchai = { state, kind, device: "cpu", context_tokens: 448 };
  return { id, object: "model", created: 0, owned_by: "benchai", benchai };
}
const defaultCards = [card("tiny-chat", "chat"), card("ggml-base", "transcription")];

type Fields = Readonly<Record<string, string | readonly string[]>>;
type Service = AsyncDisposable & {
  readonly whisper: FakeWhisper;
  readonly url: string;
  ask(
    file: Uint8Array,
    fields?: Fields,
    path?: string,
  ): Promise<{ status: number; type: string; text: string }>;
};

/** The routes, in front of a fake of router and worker in one. */
async function service(
  faults: Partial<WhisperFaults> = {},
  { cards = defaultCards, maxAtOnce = 2, maxAudioS = 600, maxUploadBytes = 1_000_000 } = {},
): Promise<Service> {
  const others = { "/v1/models": { object: "list", data: cards } };
  const whisper = await startFakeWhisper({ others, faults });
  const router = new RouterLink(whisper.url);
  const client = new TranscriptionClient(router);
  const decoder = { ffmpeg: "ffmpeg", maxAudioS, stallMs: 20_000 };
  const transcriber = new Transcriber({ client, decoder, model: "" });
  const app = createApp({ log: createLogger("speech", "silent"), bodyLimitBytes: 1_000 });
  transcriptionRoutes(app, { transcriber, maxUploadBytes, maxAtOnce });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    whisper,
    url,
    async ask(file, fields, path = "/v1/audio/transcriptions") {
      const response = await fetch(url + path, { method: "POST", body: formOf(file, fields) });
      const type = response.headers.get("content-type") ?? "";
      return { status: response.status, type, text: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections();
      await app.close();
      await router.close();
      await whisper[Symbol.asyncDispose]();
    },
  };
}

function formOf(file: Uint8Array, fields: Fields = { model: "whisper-1" }): FormData {
  const form = new FormData();
  for (const [name, values] of Object.entries(fields))
    for (const value of [values].flat()) form.append(name, value);
  form.append("file", new Blob([new Uint8Array(file)]), "../../etc/passwd");
  return form;
}

/** Data of a stream's events. */
function eventsOf(
  text: string,
): readonly { type?: string; delta?: string; text?: string; error?: { code: string } }[] {
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("data: "))
    .map((block) => JSON.parse(block.slice("data: ".length)));
}

const three = sound(3);

test("a recording in any format becomes text, and its model hears 16 kHz WAV", async () => {
  await using speech = await service();
  const { status, type, text } = await speech.ask(three);
  expect([status, type]).toEqual([200, "application/json; charset=utf-8"]);
  expect(JSON.parse(text)).toEqual({ text: "part 1 of 3.0 s", usage: { type: "duration", seconds: 3 } });
  const [form] = speech.whisper.forms;
  expect(form?.url).toBe("/v1/audio/inference?model=ggml-base");
  expect(form?.file.subarray(0, 4).toString()).toBe("RIFF");
  expect(form?.file.length).toBe(44 + 3 * 32_000);
  expect(form?.fields).toEqual({
    response_format: "verbose_json",
    max_len: "1000",
    no_language_probabilities: "true",
  });
});

test("what the request says of the speech reaches the model", async () => {
  await using speech = await service();
  const fields = { model: "ggml-base", language: "German", prompt: "Ada, Grace", temperature: "0.5" };
  await speech.ask(three, fields, "/v1/audio/translations");
  expect(speech.whisper.forms[0]?.fields).toMatchObject({
    language: "de",
    translate: "true",
    prompt: "Ada, Grace",
    temperature: "0.5",
  });
});

test.each([
  ["text", "text/plain; charset=utf-8", "part 1 of 3.0 s\n"],
  [
    "srt",
    "application/x-subrip; charset=utf-8",
    "1\n00:00:00,000 --> 00:00:01,500\npart 1\n\n2\n00:00:01,500 --> 00:00:03,000\nof 3.0 s\n\n",
  ],
  [
    "vtt",
    "text/vtt; charset=utf-8",
    "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\npart 1\n\n00:00:01.500 --> 00:00:03.000\nof 3.0 s\n\n",
  ],
])("as %s", async (format, mediaType, expected) => {
  await using speech = await service();
  const answer = await speech.ask(three, { model: "whisper-1", response_format: format });
  expect(answer).toEqual({ status: 200, type: mediaType, text: expected });
});

test("as verbose JSON with words and segments", async () => {
  await using speech = await service();
  const { text } = await speech.ask(three, {
    model: "whisper-1",
    response_format: "verbose_json",
    "timestamp_granularities[]": ["word", "segment"],
  });
  expect(JSON.parse(text)).toMatchObject({
    task: "transcribe",
    language: "english",
    duration: 3,
    text: "part 1 of 3.0 s",
    words: [
      { word: "part 1", start: 0, end: 1.5 },
      { word: "of 3.0 s", start: 1.5, end: 3 },
    ],
    segments: [{ id: 0, text: " part 1", compression_ratio: expect.closeTo(7 / 15, 5) }, { id: 1 }],
  });
});

test("a long recording is heard in pieces that know the language and the words before them", async () => {
  await using speech = await service();
  const { text } = await speech.ask(sound(150), { model: "whisper-1", response_format: "verbose_json" });
  expect(speech.whisper.forms).toHaveLength(2);
  const [first, second] = speech.whisper.forms;
  const heardBytes = [first, second].map((form) => (form?.file.length ?? 44) - 44);
  expect(heardBytes.reduce((a, b) => a + b)).toBe(150 * 32_000);
  expect(first?.fields).not.toHaveProperty("language");
  expect(second?.fields).toMatchObject({
    language: "en",
    prompt: expect.stringMatching(/^part 1 of \d+\.\d s$/),
  });
  const answer: { duration: number; segments: { start: number; end: number }[] } = JSON.parse(text);
  expect(answer.duration).toBe(150);
  expect(answer.segments.at(-1)?.end).toBe(150);
  expect(answer.segments[2]?.start).toBe((heardBytes[0] ?? 0) / 32_000);
});

test("as a stream, each segment is an event, and the last one has the whole text", async () => {
  await using speech = await service();
  const { type, text } = await speech.ask(sound(40), { model: "whisper-1", stream: "true" });
  expect(type).toBe("text/event-stream; charset=utf-8");
  const events = eventsOf(text);
  expect(speech.whisper.forms).toHaveLength(2);
  expect(events.map((event) => event.type)).toEqual([
    ...Array.from({ length: 4 }, () => "transcript.text.delta"),
    "transcript.text.done",
  ]);
  expect(events.map(({ delta = "" }) => delta).join("")).toBe(events.at(-1)?.text);
});

test("a stream that breaks ends with an error and without `done`", async () => {
  await using speech = await service();
  const answer = speech.ask(sound(40), { model: "whisper-1", stream: "true" });
  while (speech.whisper.forms.length === 0) await new Promise(setImmediate);
  speech.whisper.faults = { ...speech.whisper.faults, failStatus: 500 };
  const { status, text } = await answer;
  expect(status).toBe(200);
  expect(eventsOf(text).at(-1)?.error?.code).toBe("upstream_failed");
  expect(text).not.toContain("transcript.text.done");
});

async function codeOf(answer: Promise<{ status: number; text: string }>): Promise<string> {
  const { status, text } = await answer;
  return `${status} ${JSON.parse(text).error?.code}`;
}

test("what is no sound is 422, in a stream too, and no model hears of it", async () => {
  await using speech = await service();
  const noise = Buffer.from("this is no sound");
  expect(await codeOf(speech.ask(noise))).toBe("422 audio_unreadable");
  expect(await codeOf(speech.ask(noise, { model: "whisper-1", stream: "true" }))).toBe(
    "422 audio_unreadable",
  );
  expect(speech.whisper.forms).toHaveLength(0);
});

test("a recording that is too long is 413 before a model hears the first of it", async () => {
  await using speech = await service({}, { maxAudioS: 130 });
  expect(await codeOf(speech.ask(sound(140)))).toBe("413 body_too_large");
  expect(speech.whisper.forms).toHaveLength(0);
});

test("a file that is too large is 413, no file 400, no form 415, a bad field 400", async () => {
  await using speech = await service({}, { maxUploadBytes: 1_000 });
  expect(await codeOf(speech.ask(Buffer.alloc(1_001)))).toBe("413 body_too_large");
  const empty = new FormData();
  empty.append("model", "whisper-1");
  const post = async (body: FormData | string) => {
    const response = await fetch(`${speech.url}/v1/audio/transcriptions`, { method: "POST", body });
    return { status: response.status, text: await response.text() };
  };
  expect(await codeOf(post(empty))).toBe("400 invalid_request");
  expect(await codeOf(post("{}"))).toBe("415 unsupported_media_type");
  expect(await codeOf(speech.ask(Buffer.alloc(1), { response_format: "docx" }))).toBe("400 invalid_request");
});

test("without a model for speech, 404 says what to do", async () => {
  await using speech = await service({}, { cards: [card("tiny-chat", "chat")] });
  const { status, text } = await speech.ask(three);
  expect(status).toBe(404);
  expect(JSON.parse(text).error).toMatchObject({
    code: "model_not_found",
    param: "model",
    message: expect.stringContaining("put a model of whisper.cpp, such as ggml-base.bin, into models/"),
  });
});

test("the router's errors are told as they are", async () => {
  const error = {
    message: "the model ggml-base is loading",
    type: "server_error",
    param: "model",
    code: "model_loading",
  };
  await using speech = await service({ failStatus: 503, failBody: { error } });
  const { status, text } = await speech.ask(three);
  expect([status, JSON.parse(text).error]).toEqual([503, error]);
});

test.each<[string, Partial<WhisperFaults>]>([
  ["answers nonsense", { answer: "{}" }],
  ["answers an error as if it were none", { answer: '{"error":"failed to process audio"}' }],
  ["breaks off", { isCut: true }],
])("a worker that %s is upstream_failed", async (_what, faults) => {
  await using speech = await service(faults);
  expect(await codeOf(speech.ask(three))).toBe("502 upstream_failed");
});

test("more recordings than may be worked on at a time are 429", async () => {
  await using speech = await service({ isHung: true }, { maxAtOnce: 1 });
  const leaving = new AbortController();
  const first = fetch(`${speech.url}/v1/audio/transcriptions`, {
    method: "POST",
    body: formOf(three),
    signal: leaving.signal,
  }).catch(() => "left");
  while (speech.whisper.forms.length === 0) await new Promise(setImmediate);
  expect(await codeOf(speech.ask(three))).toBe("429 queue_full");
  leaving.abort();
  expect(await first).toBe("left");
});

test("a client that leaves ends the model's work, frees its place, and leaves no file behind", async () => {
  await using speech = await service({ isHung: true }, { maxAtOnce: 1 });
  const agent = new Agent();
  const leaving = new AbortController();
  const asked = fetch(`${speech.url}/v1/audio/transcriptions`, {
    method: "POST",
    body: formOf(three),
    signal: leaving.signal,
    dispatcher: agent,
  }).catch(() => "left");
  while (speech.whisper.forms.length === 0) await new Promise(setImmediate);
  leaving.abort();
  expect(await asked).toBe("left");
  while (speech.whisper.aborted === 0) await new Promise(setImmediate);
  speech.whisper.faults = { ...speech.whisper.faults, isHung: false };
  while ((await speech.ask(three)).status === 429);
  await agent.destroy();
  while (readdirSync(folder).length > 0) await new Promise(setImmediate);
});
