import { execFileSync } from "node:child_process";

import { afterAll, beforeAll, expect, test } from "vitest";

import { toySentence, toyWhisperBytes } from "../../packages/fakes/src/whisper-writer.ts";
import { Transcriber } from "../../services/speech/src/transcribe.ts";
import { RouterLink } from "../../services/speech/src/edge/router-link.ts";
import { TranscriptionClient } from "../../services/speech/src/edge/transcription-client.ts";
import { execIn, type Stack, startStack, tinyChat } from "../support/stack.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    models: {
      "ggml-toy.bin": toyWhisperBytes(),
      "ggml-broken.bin": Buffer.from("lmgg"),
      "tiny-chat.gguf": tinyChat,
    },
    config: { models: { speech: { file: "ggml-toy.bin", aliases: ["ear"] } } },
  });
});
afterAll(() => stack[Symbol.asyncDispose]());

/** A WAV of seconds of silence, as the speech service sends it. */
function form(seconds = 2): FormData {
  const samples = seconds * 16_000;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.set([16, 0, 0, 0, 1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0], 16);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(samples * 2, 40);
  const body = new FormData();
  body.set("response_format", "verbose_json");
  body.set("file", new Blob([new Uint8Array(wav)]), "sound.wav");
  return body;
}

async function infer(model: string): Promise<{ status: number; answer: { text?: string; error?: object } }> {
  const path = `/v1/audio/inference?model=${model}`;
  const response = await fetch(stack.baseUrl + path, { method: "POST", body: form() });
  return { status: response.status, answer: (await response.json()) as never };
}

test("a Whisper model is loaded on demand by a real whisper-server and hears what its weights say", async () => {
  expect(await stack.model("speech")).toMatchObject({
    state: "unloaded",
    kind: "transcription",
    parallel: 1,
  });
  const [byName, byAlias] = await Promise.all([infer("speech"), infer("ear")]);
  for (const { status, answer } of [byName, byAlias]) {
    expect(status).toBe(200);
    expect(answer.text?.replaceAll(/\s+/g, " ").trim()).toBe(toySentence.trim());
  }
  expect(await stack.model("speech")).toMatchObject({ state: "ready", failures: 0 });
});

test("its worker has no secret in what the engine tells, and answers nobody without its key", async () => {
  const worker = (await stack.workers()).find((w) => w.Config.Image === stack.env["WHISPER_IMAGE"]);
  const container = stack.docker.getContainer(worker?.Id ?? "");
  const key = (await execIn(container, ["cat", "/run/benchai/key"])).trim();
  expect(key).toMatch(/^[\w-]{43}$/);
  expect(JSON.stringify(worker)).not.toContain(key);
  const curl = (path: string) =>
    execIn(container, [
      "curl",
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      `http://127.0.0.1:8080${path}`,
    ]);
  expect([await curl("/health"), await curl(`/${key}/health`)]).toEqual(["404", "200"]);
});

test("a worker that is killed is replaced", async () => {
  const worker = (await stack.workers()).find((w) => w.Config.Image === stack.env["WHISPER_IMAGE"]);
  await stack.docker.getContainer(worker?.Id ?? "").kill();
  expect((await infer("speech")).status).toBe(200);
});

test("a broken model says why, and a chat with a model of speech is refused", async () => {
  const broken = await infer("ggml-broken");
  expect([broken.status, broken.answer.error]).toEqual([
    422,
    expect.objectContaining({
      code: "model_invalid",
      message: expect.stringContaining("ends inside its header"),
    }),
  ]);
  expect((await stack.chat("speech")).status).toBe(400);
});

test("the speech service's own client has a recording transcribed through the router", async () => {
  const path = `${stack.documents}/recording.ogg`;
  execFileSync("ffmpeg", [
    "-loglevel",
    "error",
    "-f",
    "lavfi",
    "-i",
    "sine=duration=3",
    "-c:a",
    "libopus",
    path,
  ]);
  const router = new RouterLink(stack.baseUrl);
  const client = new TranscriptionClient(router);
  const decoder = { ffmpeg: "ffmpeg", maxAudioS: 60, stallMs: 20_000 };
  const request = {
    task: "transcribe",
    model: "whisper-1",
    language: undefined,
    prompt: undefined,
    format: "json",
    temperature: undefined,
    granularities: [],
    isStream: false,
  } as const;
  const transcriber = new Transcriber({ client, decoder, model: "" });
  const heard = await transcriber.transcribe(path, request, () => undefined, AbortSignal.timeout(60_000));
  await router.close();
  expect(heard.segments.map(({ text }) => text).join("")).toBe(toySentence);
});
