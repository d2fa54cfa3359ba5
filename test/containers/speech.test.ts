import { spawnSync } from "node:child_process";

import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";

import { audioFormats, type AudioFormat } from "@benchai/contract/speech";

import { testTag } from "../support/images.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack[Symbol.asyncDispose]());

const text =
  "The quick brown fox jumps over the lazy dog. It was seen at half past two, near the old mill! Nobody knew why.";
const rateHz = 24_000;

/** Runs a program of the speech service's image on some bytes. */
function inImage(script: string, input: Buffer): Buffer {
  const args = ["run", "--rm", "-i", "--network=none", "--tmpfs=/tmp", "--entrypoint=sh"];
  const { status, stdout, stderr } = spawnSync(
    "docker",
    [...args, `benchai/speech:${testTag}`, "-c", script],
    {
      input,
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (status !== 0) throw new Error(`${script}: ${stderr.toString()}`);
  return stdout;
}

/** What ffprobe says of a file's length, in ms. */
function probedMs(sound: Buffer): number {
  const script = "cat >/tmp/sound && ffprobe -v error -show_entries format=duration -of csv=p=0 /tmp/sound";
  return Number(inImage(script, sound).toString().trim()) * 1_000;
}

function decoded(sound: Buffer): Int16Array {
  const script = `cat >/tmp/sound && ffmpeg -v error -i /tmp/sound -f s16le -ar ${rateHz} -ac 1 pipe:1`;
  return samplesOf(inImage(script, sound));
}

function samplesOf(bytes: Buffer): Int16Array {
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
}

async function speak(format: AudioFormat, isStreamed: boolean): Promise<Buffer> {
  const request = { model: "tts-1", voice: "alloy", input: text, response_format: format } as const;
  const response = await stack.openai.audio.speech.create(request);
  if (!isStreamed) return Buffer.from(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** The highest correlation of `tail` with what lies within 60 ms of the end of `whole`: encoders shift sound a little. */
function bestCorrelation(tail: Int16Array, whole: Int16Array): number {
  let best = 0;
  const reach = 0.06 * rateHz;
  for (let shift = -reach; shift <= reach; shift += 1) {
    const from = whole.length - tail.length - shift;
    if (from >= 0 && from + tail.length <= whole.length)
      best = Math.max(best, correlation(tail, whole.subarray(from, from + tail.length)));
  }
  return best;
}

function correlation(a: Int16Array, b: Int16Array): number {
  let [both, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    both += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return both / Math.sqrt(ofA * ofB || 1);
}

test.each(audioFormats.flatMap((format) => [true, false].map((isStreamed) => [format, isStreamed] as const)))(
  "OpenAI's client gets %s whole, streamed: %s",
  async (format, isStreamed) => {
    const pcm = samplesOf(await speak("pcm", false));
    const wantedMs = (pcm.length / rateHz) * 1_000;
    expect(wantedMs).toBeGreaterThan(4_000);
    const sound = await speak(format, isStreamed);
    const heard = format === "pcm" ? samplesOf(sound) : decoded(sound);
    if (format !== "pcm") expect(Math.abs(probedMs(sound) - wantedMs)).toBeLessThanOrEqual(50);
    expect(Math.abs((heard.length / rateHz) * 1_000 - wantedMs)).toBeLessThanOrEqual(50);
    expect(bestCorrelation(pcm.slice(-rateHz / 2), heard)).toBeGreaterThanOrEqual(0.9);
  },
);

test("voices and engines are listed, and an unknown voice is refused with them", async () => {
  const voices = (await (await fetch(`${stack.baseUrl}/v1/audio/voices`)).json()) as {
    data: { id: string; aliases: string[] }[];
  };
  expect(voices.data.length).toBeGreaterThan(50);
  expect(voices.data.flatMap(({ aliases }) => aliases)).toContain("alloy");
  await expect(
    stack.openai.audio.speech.create({ model: "tts-1", voice: "nobody", input: text }),
  ).rejects.toMatchObject({ status: 400, code: "voice_not_found" });
  const health = (await (await fetch(`${stack.baseUrl}/health`)).json()) as { features: { tts: boolean } };
  expect(health.features.tts).toBe(true);
});

test("OpenAI's client hears a chat while the model writes it", async () => {
  const speaking = new OpenAI({ baseURL: `${stack.baseUrl}/v1/audio`, apiKey: "any", maxRetries: 0 });
  const chat = await speaking.chat.completions.create({
    model: "tiny-chat",
    messages: [{ role: "user", content: "Hello" }],
    max_tokens: 40,
    stream: true,
    modalities: ["text", "audio"],
    audio: { voice: "alloy", format: "pcm16" },
  });
  let written = "";
  let soundBytes = 0;
  for await (const { choices } of chat) {
    const delta = choices[0]?.delta;
    written += delta?.content ?? "";
    soundBytes += Buffer.from(delta?.audio?.data ?? "", "base64").length;
  }
  expect(written).not.toBe("");
  expect(soundBytes).toBeGreaterThan(10_000);
});

test("a WebSocket through the router has each sentence said when it has ended", async () => {
  const socket = new WebSocket(`${stack.baseUrl.replace("http", "ws")}/v1/audio/speech/live`);
  const events: { type: string; text?: string; audio?: string }[] = [];
  socket.addEventListener("message", ({ data }) =>
    events.push(JSON.parse(String(data)) as (typeof events)[0]),
  );
  const closed = new Promise((done) => socket.addEventListener("close", ({ code }) => done(code)));
  await new Promise((opened) => socket.addEventListener("open", opened));
  const say = (message: object) => socket.send(JSON.stringify(message));
  say({ type: "start", response_format: "mp3" });
  say({ type: "text", text: "The first sentence. And" });
  // Before the text has ended.
  await expect.poll(() => events.some(({ audio }) => audio)).toBe(true);
  say({ type: "text", text: " the second." });
  say({ type: "end" });
  expect(await closed).toBe(1000);
  expect(events.flatMap(({ text: said = [] }) => said)).toEqual(["The first sentence.", "And the second."]);
  const sound = Buffer.concat(events.map(({ audio = "" }) => Buffer.from(audio, "base64")));
  expect(probedMs(sound)).toBeGreaterThan(1_500);
});

test("S60: while the speech service is away, speech is refused at once, health says so, and chat goes on", async () => {
  await stack.service("speech").stop();
  try {
    await expect(
      stack.openai.audio.speech.create({ model: "tts-1", voice: "alloy", input: text }),
    ).rejects.toMatchObject({ status: 503, code: "speech_unavailable" });
    expect((await stack.chat("tiny-chat")).status).toBe(200);
    await expect
      .poll(async () => (await fetch(`${stack.baseUrl}/health`)).text(), { timeout: 15_000 })
      .toMatch(/"tts":false.*speech is away/su);
  } finally {
    await stack.service("speech").start();
  }
});
