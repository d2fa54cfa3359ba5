import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Resampler, resample } from "./resample.ts";

function sine(frequencyHz: number, rateHz: number, count: number): Int16Array {
  return Int16Array.from({ length: count }, (_, i) =>
    Math.round(16_000 * Math.sin((2 * Math.PI * frequencyHz * i) / rateHz)),
  );
}

function rms(samples: ArrayLike<number>): number {
  return Math.sqrt(Array.from(samples).reduce((sum, x) => sum + x * x, 0) / samples.length);
}

describe("a sound at another rate", () => {
  it.each([
    [22_050, 24_000],
    [16_000, 24_000],
    [44_100, 24_000],
    [48_000, 24_000],
  ])("%d to %d Hz is the same sound, 60 dB above its error", (from, to) => {
    for (const tone of [100, 1_000, 5_000]) {
      const heard = resample(sine(tone, from, from), from, to);
      const wanted = sine(tone, to, to);
      expect(heard).toHaveLength(to);
      // The ends are next to silence that the tone does not have.
      const error = wanted.subarray(500, -500).map((x, i) => x - (heard[500 + i] ?? 0));
      expect(rms(error) / rms(wanted)).toBeLessThan(0.001);
    }
  });

  it("loses what the lower rate cannot hold", () => {
    expect(rms(resample(sine(15_000, 48_000, 48_000), 48_000, 24_000).subarray(500, -500))).toBeLessThan(16);
  });

  it("is the same however it is cut into pieces, and as long as it was", () => {
    const piece = fc.int16Array({ maxLength: 200 });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.constantFrom(8_000, 16_000, 22_050, 44_100),
        (pieces, from) => {
          const resampler = new Resampler(from, 24_000);
          const parts = [...pieces.map((one) => resampler.push(one)), resampler.end()].flatMap((part) => [
            ...part,
          ]);
          const whole = Int16Array.from(pieces.flatMap((one) => [...one]));
          expect(parts).toEqual([...resample(whole, from, 24_000)]);
          expect(parts).toHaveLength(Math.round((whole.length * 24_000) / from));
        },
      ),
    );
  });
});
