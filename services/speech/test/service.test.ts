import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createLogger } from "@benchai/kernel/log";
import { readConfig } from "@benchai/kernel/config";

import { SpeechConfig } from "../src/edge/config.ts";
import { type RunningSpeech, startSpeech } from "../src/service.ts";
import { childProcesses, commandOf } from "./child-processes.ts";

const log = createLogger("speech", "fatal");
let folder: string;
let service: RunningSpeech;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "speech-"));
  const env = {
    PORT: "0",
    CACHE_DIR: join(folder, "cache"),
    MAX_SPEAKING: "4",
    MAX_QUEUE: "60",
    FFMPEG_IDLE_S: "0",
  };
  service = await startSpeech(readConfig(SpeechConfig, env), log);
});

afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

function post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`http://127.0.0.1:${service.port}/v1/audio/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

async function sound(body: object): Promise<Buffer> {
  const response = await post("speech", body);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** How many sentences an engine has said, as /metrics tells. */
async function said(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${service.port}/metrics`)).text();
  const lines = [...text.matchAll(/^benchai_speech_utterances_total\{[^}]*outcome="done"[^}]*\} (\d+)/gmu)];
  return lines.reduce((sum, [, count]) => sum + Number(count), 0);
}

const manyWords = Array.from({ length: 500 }, (_, i) => `This is sentence number ${i}, one of many.`).join(
  " ",
);

describe("the speech service, with the real espeak-ng and ffmpeg", () => {
  it.each([
    "pcm",
    "mp3",
    // Not held back for its length, as a short one is.
    "flac",
  ])(
    "speaks %s, says which engine did, and has the first sound of thousands of words at once",
    { tags: "clock" },
    async (format) => {
      const startedMs = performance.now();
      // Begins with what was never heard, also when it is tried again.
      const input = `Number ${Math.round(startedMs)}, to be heard as ${format}. ${manyWords}`;
      const response = await post("speech", { input, response_format: format });
      const reader = response.body?.getReader();
      expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
      const tookMs = performance.now() - startedMs;
      await reader?.cancel();
      // With a start of ffmpeg some 200 ms; two busy cores are given more.
      expect(tookMs).toBeLessThan(1_000);
      expect(response.headers.get("x-benchai-speech-engine")).toBe("espeak-ng");
    },
  );

  it("says nothing twice: another format, a longer text and the same once more are told from the cache", async () => {
    const text = "A first sentence, never heard. And a second one.";
    const pcm = await sound({ input: text, response_format: "pcm" });
    const before = await said();
    for (const format of ["mp3", "opus", "aac", "flac", "wav"])
      expect((await sound({ input: text, response_format: format })).length).toBeGreaterThan(1_000);
    expect(await sound({ text, response_format: "pcm" })).toEqual(pcm);
    expect(await said()).toBe(before);
    await sound({ input: `${text} And a third.`, response_format: "pcm" });
    expect(await said()).toBe(before + 1);
  });

  it("S61: makes one sound for fifty same requests, whole for each although some leave", async () => {
    const before = await said();
    const input = "Fifty people want to hear this.";
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, async (_, i) => {
        const left = new AbortController();
        if (i % 10 === 0) setTimeout(() => left.abort(), 5);
        const response = await post("speech", { input, response_format: "wav" }, left.signal);
        return Buffer.from(await response.arrayBuffer()).toString("base64");
      }),
    );
    const heard = new Set(all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
    expect(all.filter(({ status }) => status === "fulfilled").length).toBeGreaterThanOrEqual(45);
    expect(heard.size).toBe(1);
    expect(await said()).toBe(before + 1);
  });

  it("stops everything when the client leaves, and leaves no process after many requests", async () => {
    // Those in which espeak-ng speaks stay.
    const others = () => childProcesses().filter((pid) => !commandOf(pid).includes("espeak-child"));
    await expect.poll(others, { interval: 5 }).toEqual([]);
    for (const format of ["mp3", "opus", "pcm"]) {
      const left = new AbortController();
      const response = await post(
        "speech",
        { input: `${format} ${manyWords}`, response_format: format },
        left.signal,
      );
      await response.body?.getReader().read();
      left.abort();
      await expect.poll(others, { interval: 5 }).toEqual([]);
    }
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        sound({ input: `Request ${i}.`, response_format: i % 2 ? "wav" : "opus" }),
      ),
    );
    await expect.poll(others, { interval: 5 }).toEqual([]);
    expect(childProcesses().length).toBeLessThanOrEqual(2);
  });

  it("streams events that hold the same sound", async () => {
    const input = "As events, too.";
    const response = await post("speech", { input, response_format: "wav", stream_format: "sse" });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/u);
    const events = (await response.text())
      .trim()
      .split("\n\n")
      .map((line) => JSON.parse(line.slice("data: ".length)) as { type: string; audio?: string });
    expect(events.at(-1)).toMatchObject({ type: "speech.audio.done", benchai: { engines: ["espeak-ng"] } });
    const bytes = Buffer.concat(events.map(({ audio = "" }) => Buffer.from(audio, "base64")));
    expect(bytes).toEqual(await sound({ input, response_format: "wav" }));
  });

  it("says when which sentence is heard", async () => {
    const input = "One sentence. Another sentence.";
    const [json, vtt] = await Promise.all(
      ["json", "vtt"].map(async (format) =>
        (await post("captions", { input, captions_format: format })).text(),
      ),
    );
    const { duration, segments } = JSON.parse(json ?? "") as {
      duration: number;
      segments: { text: string }[];
    };
    expect(segments.map(({ text }) => text)).toEqual(["One sentence.", "Another sentence."]);
    const pcm = await sound({ input, response_format: "pcm" });
    expect(Math.abs(pcm.length / 48_000 - duration)).toBeLessThan(0.01);
    expect(vtt).toMatch(/^WEBVTT\n\n00:00:00\.000 --> /u);
  });

  it("says when which word is heard: sound where a word is, silence between two that a comma parts", async () => {
    const input = "Hello, world. The second sentence begins later.";
    const told = async (speed: number) =>
      (await (await post("captions", { input, speed })).json()) as {
        duration: number;
        words: { word: string; start: number; end: number }[];
      };
    const { words, duration } = await told(1);
    expect(words.map(({ word }) => word).join(" ")).toBe(input.replaceAll(/[,.]/gu, ""));
    const pcm = await sound({ input, response_format: "pcm" });
    const samples = new Int16Array(Uint8Array.from(pcm).buffer);
    const loudness = (fromS: number, toS: number) => {
      const part = samples.subarray(fromS * 24_000, toS * 24_000);
      return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
    };
    for (const { start, end } of words) expect(loudness(start, end)).toBeGreaterThan(500);
    // Behind "Hello" and "world", where the voice has faded.
    for (const [i, { end }] of words.slice(0, 2).entries()) {
      const [from, to] = [end + 0.05, words[i + 1]?.start ?? 0];
      expect(to - from).toBeGreaterThan(0.05);
      expect(loudness(from, to)).toBeLessThan(125);
    }

    const fast = await told(2);
    const spokenS = (all: typeof words) => all.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(fast.words.map(({ word }) => word)).toEqual(words.map(({ word }) => word));
    expect(duration / fast.duration).toBeCloseTo(2, 0);
    expect(spokenS(words) / spokenS(fast.words)).toBeCloseTo(2, 0);
  });

  it.each([
    ["no text", {}, "invalid_request", /input is missing/u],
    ["two texts", { input: "a", text: "b" }, "invalid_request", /not both/u],
    ["nothing that can be said", { input: "... \0 !" }, "invalid_request", /nothing in the text/u],
    [
      "an unknown voice",
      { input: "a", voice: "nobody" },
      "voice_not_found",
      /alloy.*en-us.*lists all \d{3}$/u,
    ],
    ["an unknown model", { input: "a", model: "piper-9" }, "model_not_found", /espeak-ng/u],
    ["an unknown format", { input: "a", response_format: "midi" }, "invalid_request", /response_format/u],
    ["a speed out of range", { input: "a", speed: 9 }, "invalid_request", /speed/u],
    ["no language", { input: "a", language: "klingon!" }, "invalid_request", /BCP 47/u],
  ])("refuses %s with a reason", async (_what, body, code, message) => {
    const response = await post("speech", body);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  });

  it("takes a megabyte, text from right to left, and a word of ten thousand letters", async () => {
    for (const input of ["x".repeat(1_048_576), "مرحبا بالعالم", "w".repeat(10_000)]) {
      const response = await post("speech", { input, response_format: "pcm" });
      expect(response.status).toBe(200);
      expect((await response.body?.getReader().read())?.value?.length).toBeGreaterThan(0);
    }
    expect((await post("speech", { input: "x".repeat(1_048_577) })).status).toBe(400);
  });

  it("refuses more than may wait with 429 and when to come again", async () => {
    const left = new AbortController();
    const refused = Promise.withResolvers<Response>();
    // Those that are not refused speak, or wait until somebody has listened to those.
    const all = Array.from({ length: 80 }, async (_, i) => {
      const response = await post(
        "speech",
        { input: `${i} ${manyWords}`, response_format: "pcm" },
        left.signal,
      );
      if (response.status === 429) refused.resolve(response);
    });
    expect(Number((await refused.promise).headers.get("retry-after"))).toBeGreaterThan(0);
    left.abort();
    await Promise.allSettled(all);
  });
});
