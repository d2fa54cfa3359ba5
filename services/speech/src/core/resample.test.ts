import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Resampler } from "./resample.ts";

const rates = [8_000, 16_000, 22_050, 24_000, 44_100, 48_000];
const toHz = 24_000;

function sine(hz: number, rateHz: number, samples: number, amplitude = 16_000): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );
}

function resampled(samples: Int16Array, fromHz: number, cuts: readonly number[] = []): Int16Array {
  const resampler = new Resampler(fromHz, toHz);
  const chunks: Int16Array[] = [];
  let at = 0;
  for (const cut of [...cuts, samples.length]) {
    chunks.push(resampler.push(samples.subarray(at, at + cut)));
    at += cut;
  }
  chunks.push(resampler.end());
  return Int16Array.from(chunks.flatMap((chunk) => [...chunk]));
}

/** Without the first and last 20 ms, where the sound begins and ends at once. */
function decibels(error: readonly number[], amplitude = 16_000): number {
  const inner = error.slice(480, -480);
  const power = inner.reduce((sum, each) => sum + each * each, 0) / inner.length;
  return 10 * Math.log10((power + 1e-9) / (amplitude ** 2 / 2));
}

describe("a resampler", () => {
  it.for(rates)("keeps tones of the pass band from %i Hz, to 70 dB", (fromHz) => {
    for (const hz of [100, 1_000, 0.4 * Math.min(fromHz, toHz)]) {
      const out = resampled(sine(hz, fromHz, fromHz), fromHz);
      const wanted = sine(hz, toHz, toHz);
      expect(decibels([...out].map((sample, i) => sample - (wanted[i] ?? 0)))).toBeLessThan(-70);
    }
  });

  it.for([44_100, 48_000])("suppresses what the output cannot hold, from %i Hz, by 70 dB", (fromHz) => {
    for (const hz of [12_500, 15_000, 20_000])
      expect(decibels([...resampled(sine(hz, fromHz, fromHz), fromHz)])).toBeLessThan(-70);
  });

  it("gives the same samples however they are cut, n · to / from of them", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...rates),
        fc.int16Array({ maxLength: 3_000 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (fromHz, samples, cuts) => {
          const whole = resampled(samples, fromHz);
          expect(whole).toHaveLength(Math.round((samples.length * toHz) / fromHz));
          expect(resampled(samples, fromHz, cuts)).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("leaves samples of the right rate as they are", () => {
    const samples = sine(440, toHz, 1_000);
    expect(resampled(samples, toHz, [3, 500])).toEqual(samples);
  });

  it("holds loud noise within 16 bits", () => {
    const square = Int16Array.from({ length: 22_050 }, (_, i) => (i % 20 < 10 ? 32_767 : -32_768));
    const out = resampled(square, 22_050);
    expect(Math.max(...out)).toBe(32_767);
    expect(Math.min(...out)).toBe(-32_768);
  });

  it("takes time in proportion to the samples, also one by one", { tags: "clock" }, () => {
    const resampler = new Resampler(22_050, toHz);
    const one = new Int16Array([1_000]);
    const startedMs = performance.now();
    let given = 0;
    for (let i = 0; i < 100_000; i++) given += resampler.push(one).length;
    expect(given + resampler.end().length).toBe(Math.round((100_000 * toHz) / 22_050));
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });
});
