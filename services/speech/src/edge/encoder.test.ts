import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type AudioFormat, audioFormats } from "@benchai/contract/speech";
import { expect, test } from "vitest";

import { temporaryFolder } from "../../test/folder.ts";
import { decode, probedMs, tailCorrelation } from "../../test/sound-checks.ts";
import { forever, toneOf } from "../../test/tone-engine.ts";
import { durationMs } from "../core/pcm.ts";
import { encode } from "./encoder.ts";
import { Ffmpegs } from "./ffmpegs.ts";

const compressed = ["mp3", "opus", "aac", "flac"] as const satisfies readonly AudioFormat[];
/** A leaving takes some 30 ms; a machine with much else to do must not fail it. */
const promptMs = 500;
const never = new AbortController().signal;
const speech = toneOf(
  "The quick brown fox jumps over the lazy dog, and then it runs away into the forest.",
).samples;

async function* inPieces(samples: Int16Array, piece = 30_000): AsyncGenerator<Int16Array, void> {
  for (let at = 0; at < samples.length; at += piece) yield samples.subarray(at, at + piece);
}

async function whole(
  format: AudioFormat,
  samples: AsyncIterable<Int16Array>,
  totalSamples?: number,
): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(encode(format, samples, never, { totalSamples })));
}

function saved(format: AudioFormat, bytes: Buffer): string {
  const path = join(temporaryFolder(), `speech.${format}`);
  writeFileSync(path, bytes);
  return path;
}

/** Our ffmpeg processes, zombies too. */
function ffmpegs(): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/u.test(pid)) return false;
    try {
      const [, name, parent] =
        /^\d+ \((.*)\) \S (\d+)/u.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return name === "ffmpeg" && Number(parent) === process.pid;
    } catch {
      return false;
    }
  });
}

for (const format of audioFormats) {
  test(`${format}: as long as the sound to 50 ms, with its end, streamed or with the length known`, async () => {
    for (const samples of [speech, speech.subarray(0, 60_000), speech.subarray(0, 13_337)]) {
      for (const total of [undefined, samples.length]) {
        const bytes = await whole(format, inPieces(samples), total);
        const path = saved(format, bytes);
        const heard = decode(path, format);
        expect(Math.abs(durationMs(heard.length - samples.length))).toBeLessThan(50);
        expect(tailCorrelation(samples, heard)).toBeGreaterThan(0.9);
        // FLAC in a stream says nothing of its length, and there is no other place where it could.
        if (format === "flac" && total === undefined) continue;
        const probed = probedMs(path, format);
        expect(Math.abs(probed - durationMs(samples.length))).toBeLessThan(50);
      }
    }
  });

  test(`${format}: a long text whose beginning is quiet is still as long as it says`, async () => {
    const quiet = speech.map((sample) => sample >> 6);
    const long = new Int16Array(speech.length * 12);
    for (let i = 0; i < 12; i += 1) long.set(i < 3 ? quiet : speech, i * speech.length);
    const bytes = await whole(format, inPieces(long), long.length);
    const probed = probedMs(saved(format, bytes), format);
    expect(Math.abs(probed - durationMs(long.length))).toBeLessThan(50);
  });

  test(`${format}: the first sound comes while the rest is not there yet`, async () => {
    async function* slow(): AsyncGenerator<Int16Array, void> {
      yield speech.subarray(0, 12_000);
      await forever(never);
    }
    const sound = encode(format, slow(), never);
    let bytes = 0;
    while (bytes < 1_000) bytes += (await sound.next()).value?.length ?? NaN;
    expect(bytes).toBeGreaterThanOrEqual(1_000);
    await sound.return?.();
    expect(ffmpegs()).toEqual([]);
  });

  test(`${format}: no sound at all is an answer without sound, or a failure that is told`, async () => {
    const bytes = await whole(format, inPieces(new Int16Array(0)), 0).catch((error: Error) => error);
    if (bytes instanceof Error) expect(bytes).toMatchObject({ code: "speech_failed" });
    else expect(bytes.length).toBeLessThan(10_000);
  });

  test(`${format}: what the sound's source throws is what the consumer gets`, async () => {
    async function* broken(): AsyncGenerator<Int16Array, void> {
      yield speech.subarray(0, 30_000);
      throw new Error("the engine is gone");
    }
    await expect(whole(format, broken())).rejects.toThrow("the engine is gone");
    expect(ffmpegs()).toEqual([]);
  });
}

test("wav and pcm are the samples and nothing else, little-endian", async () => {
  const pcm = await whole("pcm", inPieces(speech));
  expect(pcm.equals(Buffer.from(speech.buffer))).toBe(true);
  const streamed = await whole("wav", inPieces(speech));
  expect(streamed.subarray(44).equals(pcm)).toBe(true);
  expect([streamed.readUInt32LE(4), streamed.readUInt32LE(40)]).toEqual([0xff_ff_ff_ff, 0xff_ff_ff_ff]);
  const known = await whole("wav", inPieces(speech), speech.length);
  expect([known.readUInt32LE(4), known.readUInt32LE(40)]).toEqual([pcm.length + 36, pcm.length]);
});

for (const format of audioFormats) {
  test(`${format}: an abort ends a wait for sound, and ffmpeg, at once`, { tags: "clock" }, async () => {
    const abort = new AbortController();
    let wasLeft = false;
    let sinceMs = -Infinity;
    async function* stuck(): AsyncGenerator<Int16Array, void> {
      try {
        yield speech.subarray(0, 12_000);
        await forever(abort.signal);
      } finally {
        wasLeft = true;
      }
    }
    const sound = encode(format, stuck(), abort.signal);
    const chunks: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of sound) {
        if (chunks.push(chunk) > 1) continue;
        setImmediate(() => {
          sinceMs = performance.now();
          abort.abort(new Error("left"));
        });
      }
    })();
    await expect(reading).rejects.toThrow("left");
    expect(performance.now() - sinceMs).toBeLessThan(promptMs);
    expect(ffmpegs()).toEqual([]);
    await expect.poll(() => wasLeft, { interval: 1, timeout: promptMs }).toBe(true);
  });
}

test(
  "a consumer that leaves while it waits ends ffmpeg at once, though the source never answers",
  { tags: "clock" },
  async () => {
    for (const format of audioFormats) {
      // A source that hears of no abort.
      const deaf = { [Symbol.asyncIterator]: () => ({ next: () => forever(never) }) };
      const sound = encode(format, deaf, never);
      const waiting = sound.next().catch((error: Error) => error.name);
      const sinceMs = performance.now();
      await sound.return?.();
      expect(performance.now() - sinceMs).toBeLessThan(promptMs);
      expect(await waiting).toBe("AbortError");
    }
    expect(ffmpegs()).toEqual([]);
  },
);

test("an ffmpeg that breaks is speech_failed with what it said; one that is not there is speech_unavailable", async () => {
  const run = (program: string) =>
    Array.fromAsync(encode("mp3", inPieces(speech), never, { ffmpegs: new Ffmpegs({ program, idleMs: 0 }) }));
  await expect(run("false")).rejects.toMatchObject({ code: "speech_failed", message: /exit code 1/u });
  await expect(run("no-such-ffmpeg")).rejects.toMatchObject({ code: "speech_unavailable" });
  // Killed in the middle of its work by somebody else.
  const sound = encode("mp3", endless(), never);
  await sound.next();
  for (const pid of ffmpegs()) process.kill(Number(pid), "SIGKILL");
  await expect(Array.fromAsync(sound)).rejects.toMatchObject({ code: "speech_failed", message: /SIGKILL/u });
});

async function* endless(onPiece = () => {}): AsyncGenerator<Int16Array, void> {
  for (;;) {
    onPiece();
    yield speech.subarray(0, 24_000);
  }
}

test("a consumer that does not read holds the source", async () => {
  for (const format of audioFormats) {
    let pieces = 0;
    const sound = encode(
      format,
      endless(() => (pieces += 1)),
      never,
    );
    await sound.next();
    // Pipes and buffers fill in this time; then nothing may move any more.
    let before = -1;
    const isStill = () => {
      const was = before;
      before = pieces;
      return was === pieces;
    };
    await expect.poll(isStill, { interval: 300, timeout: 10_000 }).toBe(true);
    await sound.return?.();
  }
});

test("40 streams, half of them left in the middle, leave no process", { timeout: 60_000 }, async () => {
  const short = speech.subarray(0, 24_000);
  for (let round = 0; round < 10; round += 1) {
    const streams = compressed.map(async (format, i) => {
      if ((round + i) % 2 === 0) return whole(format, inPieces(short));
      const sound = encode(format, endless(), never);
      await sound.next();
      return sound.return?.();
    });
    await Promise.all(streams);
  }
  expect(ffmpegs()).toEqual([]);
});
