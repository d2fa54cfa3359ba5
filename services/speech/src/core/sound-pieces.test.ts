import fc from "fast-check";
import { expect, test } from "vitest";

import { quietestPlace, type SoundPiece, soundPieces } from "./sound-pieces.ts";

async function* chunked(samples: Int16Array, size: number): AsyncGenerator<Int16Array> {
  for (let at = 0; at < samples.length; at += size) yield samples.slice(at, at + size);
}

async function piecesOf(samples: Int16Array, size: number, maxSamples: number): Promise<SoundPiece[]> {
  return Array.fromAsync(soundPieces(chunked(samples, size), maxSamples));
}

/** Loud, but for a second of quiet in the middle of each of `quietAt`, in samples. */
function sound(length: number, quietAt: readonly number[] = []): Int16Array {
  const samples = Int16Array.from({ length }, (_, i) => (i % 2 === 0 ? 9_000 : -9_000));
  for (const at of quietAt) samples.fill(3, at - 8_000, at + 8_000);
  return samples;
}

test("what is short enough is one piece", async () => {
  const [piece, ...others] = await piecesOf(sound(1_000), 77, 1_000);
  expect(others).toEqual([]);
  expect(piece).toEqual({ samples: sound(1_000), start: 0, isLast: true });
});

test("nothing is one empty piece", async () => {
  expect(await piecesOf(new Int16Array(0), 1, 10)).toEqual([
    { samples: new Int16Array(0), start: 0, isLast: true },
  ]);
});

test("a cut lies in the quiet place near the end of a piece, not in one long before", async () => {
  const maxSamples = 30 * 16_000;
  const samples = sound(45 * 16_000, [10 * 16_000, 26 * 16_000]);
  const [first, second] = await piecesOf(samples, 4_096, maxSamples);
  expect(Math.abs((first?.samples.length ?? 0) - 26 * 16_000)).toBeLessThan(8_000);
  expect(second?.start).toBe(first?.samples.length);
  expect([first?.isLast, second?.isLast]).toEqual([false, true]);
});

test("where all is equally quiet, a piece is as long as it can be", () => {
  const place = quietestPlace(new Int16Array(40 * 16_000), 30 * 16_000);
  expect(place).toBeGreaterThan(29.8 * 16_000);
});

test("however it is cut, the pieces are the recording, in order, none too long and one the last", async () => {
  const lengths = fc.record({
    length: fc.integer({ min: 0, max: 30_000 }),
    size: fc.integer({ min: 1, max: 9_999 }),
    maxSamples: fc.integer({ min: 1, max: 9_000 }),
    seed: fc.integer({ min: 1, max: 1_000 }),
  });
  await fc.assert(
    fc.asyncProperty(lengths, async ({ length, size, maxSamples, seed }) => {
      const samples = Int16Array.from({ length }, (_, i) => (i * seed) % 32_749);
      const pieces = await piecesOf(samples, size, maxSamples);
      expect(pieces.flatMap((piece) => [...piece.samples])).toEqual([...samples]);
      let start = 0;
      for (const piece of pieces) {
        expect(piece.start).toBe(start);
        expect(piece.samples.length).toBeLessThanOrEqual(maxSamples);
        start += piece.samples.length;
      }
      expect(pieces.filter(({ isLast }) => isLast)).toEqual([pieces.at(-1)]);
    }),
    { numRuns: 50 },
  );
});
