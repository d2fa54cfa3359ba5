import { setTimeout as sleep } from "node:timers/promises";

import type { AudioFormat } from "@benchai/contract/speech";
import { expect, onTestFinished, test } from "vitest";

import { namedChildren } from "../../test/child-processes.ts";
import { forever, toneOf } from "../../test/tone-engine.ts";
import { audioEncodings } from "../core/audio-encodings.ts";
import { encode } from "./encoder.ts";
import { Ffmpegs } from "./ffmpegs.ts";

const never = new AbortController().signal;
const { samples } = toneOf("As long as a sentence that somebody says.");
const mp3 = audioEncodings.mp3.ffmpegArgs;
const compressed = ["mp3", "opus", "aac", "flac"] as const satisfies readonly AudioFormat[];

function newFfmpegs(options = {}): Ffmpegs {
  const ffmpegs = new Ffmpegs({ idleMs: 60_000, ...options });
  onTestFinished(() => ffmpegs.close());
  return ffmpegs;
}

async function* inPieces(): AsyncGenerator<Int16Array, void> {
  for (let at = 0; at < samples.length; at += 6_000) yield samples.subarray(at, at + 6_000);
}

async function encoded(ffmpegs: Ffmpegs | undefined, format: AudioFormat = "mp3"): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(encode(format, inPieces(), never, ffmpegs ? { ffmpegs } : {})));
}

/** How long it takes to the first byte, of a stream that is left then. */
async function firstByteMs(ffmpegs: Ffmpegs, format: (typeof compressed)[number]): Promise<number> {
  async function* aSentence(): AsyncGenerator<Int16Array, void> {
    yield samples;
    await forever(never);
  }
  const sinceMs = performance.now();
  const sound = encode(format, aSentence(), never, { ffmpegs });
  await sound.next();
  const tookMs = performance.now() - sinceMs;
  await sound.return?.();
  return tookMs;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

test.each(compressed)(
  "%s: the first byte comes at once from a spare, and one is there for the next stream",
  { tags: "clock" },
  async (format) => {
    const [ffmpegs, cold] = [newFfmpegs(), newFfmpegs({ idleMs: 0 })];
    await firstByteMs(ffmpegs, format);
    const warmMs: number[] = [];
    const coldMs: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      coldMs.push(await firstByteMs(cold, format));
      // Its start is what is saved, so it must be over: nothing tells from outside when it waits for its input.
      await sleep(400);
      warmMs.push(await firstByteMs(ffmpegs, format));
    }
    // 10 ms on a quiet machine, where a start takes 130 ms.
    expect(median(warmMs)).toBeLessThan(100);
    expect(median(warmMs)).toBeLessThan(median(coldMs) / 2);
    expect(namedChildren("ffmpeg")).toHaveLength(1);
  },
);

test("a spare that died, seen or not, fails nothing: the sound is the same, and there is a spare again", async () => {
  const expected = await encoded(undefined);
  const ffmpegs = newFfmpegs();
  for (const signal of ["SIGKILL", "SIGTERM"] as const)
    for (const isSeen of [true, false]) {
      ffmpegs.keep(mp3);
      const [pid = 0] = namedChildren("ffmpeg");
      process.kill(pid, signal);
      if (isSeen) await expect.poll(() => namedChildren("ffmpeg")).toEqual([]);
      expect((await encoded(ffmpegs)).equals(expected)).toBe(true);
      expect(namedChildren("ffmpeg")).toHaveLength(1);
      expect(namedChildren("ffmpeg")).not.toContain(pid);
    }
});

test("what the sound's source throws is not taken for a dead spare", async () => {
  const ffmpegs = newFfmpegs();
  ffmpegs.keep(mp3);
  let reads = 0;
  async function* broken(): AsyncGenerator<Int16Array, void> {
    reads += 1;
    yield* [];
    throw new Error("the engine is gone");
  }
  await expect(Array.fromAsync(encode("mp3", broken(), never, { ffmpegs }))).rejects.toThrow(
    "the engine is gone",
  );
  expect(reads).toBe(1);
});

test("an ffmpeg that cannot be run makes no spares, over and over", async () => {
  const missing = newFfmpegs({ program: "no-such-ffmpeg" });
  missing.keepLasting(mp3);
  for (let i = 0; i < 3; i += 1)
    await expect(encoded(missing)).rejects.toMatchObject({ code: "speech_unavailable" });
  const broken = newFfmpegs({ program: "false" });
  broken.keepLasting(mp3);
  for (let i = 0; i < 3; i += 1)
    await expect(encoded(broken)).rejects.toMatchObject({ code: "speech_failed" });
});

test("an idle spare ends, a lasting one does not, and a used one begins to be idle again", async () => {
  const ffmpegs = newFfmpegs({ idleMs: 400 });
  ffmpegs.keepLasting(mp3);
  const [lasting] = namedChildren("ffmpeg");
  ffmpegs.keep(audioEncodings.opus.ffmpegArgs);
  await sleep(250);
  ffmpegs.keep(audioEncodings.opus.ffmpegArgs);
  await sleep(250);
  expect(namedChildren("ffmpeg")).toHaveLength(2);
  await expect.poll(() => namedChildren("ffmpeg")).toEqual([lasting]);
});

test("close leaves none, and none is started after it", async () => {
  const ffmpegs = newFfmpegs();
  for (const format of compressed) ffmpegs.keep(audioEncodings[format].ffmpegArgs);
  expect(namedChildren("ffmpeg")).toHaveLength(compressed.length);
  await ffmpegs.close();
  expect(namedChildren("ffmpeg")).toEqual([]);
  await encoded(ffmpegs);
  expect(namedChildren("ffmpeg")).toEqual([]);
});
