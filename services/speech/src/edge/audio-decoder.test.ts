import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { decodeAudio, type DecoderOptions } from "./audio-decoder.ts";

const options: DecoderOptions = { ffmpeg: "ffmpeg", maxAudioS: 60, stallMs: 20_000 };
const never = new AbortController().signal;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decoder-"));
});
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function make(name: string, ...args: string[]): string {
  execFileSync("ffmpeg", ["-loglevel", "error", "-y", ...args, at(name)]);
  return at(name);
}
const tone = (seconds: number) => [
  "-f",
  "lavfi",
  "-i",
  `sine=frequency=440:sample_rate=44100:duration=${seconds}`,
];

async function samplesOf(path: string, over: Partial<DecoderOptions> = {}, signal = never): Promise<number> {
  let samples = 0;
  for await (const chunk of decodeAudio(path, { ...options, ...over }, signal)) samples += chunk.length;
  return samples;
}

async function problemOf(path: string, over: Partial<DecoderOptions> = {}): Promise<string> {
  try {
    return `${await samplesOf(path, over)} samples`;
  } catch (error) {
    return error instanceof AppError ? `${error.code}: ${error.message}` : String(error);
  }
}

/** Our ffmpeg processes, zombies too. */
function children(): number {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}/stat`)) return false;
    const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return name === "ffmpeg" && Number(parent) === process.pid;
  }).length;
}

test.each([
  ["a.wav", ["-ac", "2"]],
  ["a.mp3", []],
  ["a.flac", []],
  ["a.ogg", ["-c:a", "libopus"]],
  ["a.opus", ["-c:a", "libopus"]],
  ["a.webm", ["-c:a", "libopus"]],
  ["a.m4a", ["-c:a", "aac"]],
  ["a.aac", ["-c:a", "aac"]],
  ["a.mkv", ["-c:a", "aac"]],
])("%s becomes 16,000 samples a second", async (name, args) => {
  const samples = await samplesOf(make(name, ...tone(2), ...args));
  expect(Math.abs(samples - 32_000)).toBeLessThan(1_600);
});

test("the sound of a film is read and its pictures are not", async () => {
  const path = make(
    "film.mp4",
    ...tone(1),
    "-f",
    "lavfi",
    "-i",
    "testsrc=duration=1:size=64x64:rate=5",
    "-c:a",
    "aac",
  );
  expect(Math.abs((await samplesOf(path)) - 16_000)).toBeLessThan(1_600);
});

describe("what holds no sound says so", () => {
  test.each<[string, string | Buffer]>([
    ["nothing", ""],
    ["a text", "This is no sound at all, whatever its name is."],
    ["half a WAV header", Buffer.from("RIFF\x24\x00\x00\x00WAVEfmt ")],
    ["noise", Buffer.from(Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 251))],
  ])("%s", async (_what, content) => {
    await writeFile(at("x.mp3"), content);
    const problem = await problemOf(at("x.mp3"));
    expect(problem).toMatch(/^audio_unreadable: the file holds no sound that can be read/);
    expect(problem).not.toContain(folder);
  });

  test("a film without sound", async () => {
    const path = make("silent.mp4", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5");
    expect(await problemOf(path)).toMatch(/^audio_unreadable/);
  });

  test("a cut MP4, whose table stands at its end", async () => {
    const path = make("cut.m4a", ...tone(2), "-c:a", "aac");
    await truncate(path, 4_000);
    expect(await problemOf(path)).toMatch(/^audio_unreadable/);
  });
});

describe("a file that names others reaches nothing", () => {
  test.each([
    [
      "a playlist of a file",
      (to: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:${to}\n#EXT-X-ENDLIST\n`,
    ],
    ["a list for concat", (to: string) => `ffconcat version 1.0\nfile '${to}'\n`],
    [
      "a presentation",
      (to: string) =>
        `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>file:${to}</BaseURL></MPD>`,
    ],
  ])("%s", async (_what, text) => {
    const secret = make("secret.wav", ...tone(1));
    await writeFile(at("list"), text(secret));
    expect(await problemOf(at("list"))).toMatch(/^audio_unreadable/);
  });

  test("nor a network", async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await writeFile(at("net.m3u8"), `#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:${port}/a.ts\n#EXT-X-ENDLIST\n`);
    expect(await problemOf(at("net.m3u8"))).toMatch(/^audio_unreadable/);
    expect(asked).toBe(0);
    server.close();
  });
});

test("a recording that is too long is refused", async () => {
  const path = make("long.wav", ...tone(5));
  expect(await problemOf(path, { maxAudioS: 4 })).toMatch(
    /^body_too_large: the recording is longer than 4 s/,
  );
  expect(await samplesOf(path, { maxAudioS: 5 })).toBe(80_000);
});

test("an ffmpeg that says nothing is killed", { tags: "clock" }, async () => {
  const started = performance.now();
  execFileSync("mkfifo", [at("pipe")]);
  expect(await problemOf(at("pipe"), { stallMs: 300 })).toMatch(/^audio_unreadable/);
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(children()).toBe(0);
});

test("an abort ends it with the signal's reason, and a reader that leaves ends it too", async () => {
  const path = make("abort.wav", ...tone(50));
  const leaving = new AbortController();
  const reading = decodeAudio(path, options, leaving.signal);
  await reading.next();
  leaving.abort(new Error("left"));
  await expect(Array.fromAsync(reading)).rejects.toThrow("left");
  const left = decodeAudio(path, options, never);
  await left.next();
  await left.return(undefined);
  await expect(samplesOf(path, {}, leaving.signal)).rejects.toThrow("left");
  expect(children()).toBe(0);
});

test("an ffmpeg that is not there is speech_unavailable", async () => {
  expect(await problemOf(at("a.wav"), { ffmpeg: "/nowhere/ffmpeg" })).toMatch(
    /^speech_unavailable: \/nowhere\/ffmpeg cannot be run/,
  );
});
