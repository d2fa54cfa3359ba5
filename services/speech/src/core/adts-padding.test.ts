import { spawnSync } from "node:child_process";

import fc from "fast-check";
import { expect, test } from "vitest";

import { toneOf } from "../../test/tone-engine.ts";
import { AdtsPadding } from "./adts-padding.ts";
import { audioEncodings } from "./audio-encodings.ts";

function ffmpeg(args: readonly string[], input: Uint8Array): Buffer {
  const { stdout, stderr, status } = spawnSync("ffmpeg", args, { input, maxBuffer: 2 ** 28 });
  if (status !== 0 || stderr.length > 0) throw new Error(stderr.toString());
  return stdout;
}

const { samples } = toneOf("Padded frames sound the same.");
const plain = ffmpeg(audioEncodings.aac.ffmpegArgs, new Uint8Array(samples.buffer));

function framesOf(bytes: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += frames.at(-1)?.length ?? 0) {
    frames.push(bytes.subarray(at, at + ((bytes.readUInt32BE(at + 3) >>> 13) & 0x1f_ff)));
  }
  return frames;
}

test("every frame has one size, and what a decoder hears is the same to the last sample", () => {
  const padded = new AdtsPadding().push(plain);
  expect(new Set(framesOf(padded).map(({ length }) => length))).toEqual(new Set([320]));
  expect(framesOf(padded)).toHaveLength(framesOf(plain).length);
  const decoded = (bytes: Buffer) =>
    ffmpeg("-v error -xerror -f aac -i pipe:0 -f s16le pipe:1".split(" "), bytes);
  expect(decoded(padded).equals(decoded(plain))).toBe(true);
});

test("it does not matter where the chunks of a stream end", () => {
  const whole = new AdtsPadding().push(plain);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 })), (lengths) => {
      const padding = new AdtsPadding();
      const out: Buffer[] = [];
      let at = 0;
      for (const length of lengths) out.push(padding.push(plain.subarray(at, (at += length))));
      out.push(padding.push(plain.subarray(at)));
      expect(Buffer.concat(out).equals(whole)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test("a frame that is larger than the others goes through as it is", () => {
  const frame = Buffer.alloc(400, 0xff);
  frame.writeUInt32BE((400 << 13) >>> 0, 3);
  expect(new AdtsPadding().push(frame).equals(frame)).toBe(true);
});
