import fc from "fast-check";
import { expect, test } from "vitest";

import { measured } from "./known-length.ts";

test("all sound comes through, and its length is told when there is less than the most that is held", async () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(lengths, fc.nat(120), async (parts, maxSamples) => {
      let read = 0;
      async function* source() {
        for (const length of parts) yield new Int16Array(length).fill((read += length));
      }
      const total = parts.reduce((sum, length) => sum + length, 0);
      const { samples, totalSamples } = await measured(source(), maxSamples);
      expect(totalSamples).toBe(total < maxSamples ? total : undefined);
      expect(read).toBeLessThan(maxSamples + 20);
      const lengthsAfter = (await Array.fromAsync(samples)).map(({ length }) => length);
      expect(lengthsAfter).toEqual(parts);
    }),
  );
});

test("who leaves in the middle ends the source, and its error is told at once", async () => {
  let hasEnded = false;
  async function* source() {
    try {
      for (;;) yield new Int16Array(10);
    } finally {
      hasEnded = true;
    }
  }
  for await (const _ of (await measured(source(), 30)).samples) break;
  expect(hasEnded).toBe(true);
  async function* broken() {
    yield new Int16Array(10);
    throw new Error("broken");
  }
  await expect(measured(broken(), 30)).rejects.toThrow("broken");
});
