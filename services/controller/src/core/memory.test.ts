import fc from "fast-check";
import { expect, test } from "vitest";

import type { GgufHeader } from "./gguf.ts";
import { estimateMemoryMiB } from "./memory.ts";

const header: GgufHeader = {
  architecture: "qwen2",
  contextTokens: 32_768,
  layers: 28,
  embeddingLength: 1_536,
  heads: 12,
  kvHeads: 2,
  keyLength: 128,
  valueLength: 128,
  isEmbedding: false,
  hasPooling: false,
  neededBytes: 1,
};
const GiB = 1024 ** 3;

test("weights, two bytes per key and value of every token of every slot, and a fixed overhead", () => {
  // Qwen2.5 1.5B: 28 layers x 2 heads x 256 x 2 bytes = 28 kB a token; 16,384 tokens are 448 MiB.
  expect(estimateMemoryMiB(GiB, header, 8_192, 2)).toBe(1_024 + 448 + 64);
});

test("more context, more parallel slots or a larger file never need less", () => {
  const size = fc.integer({ min: 0, max: 2 ** 40 });
  const small = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(size, small, small, (bytes, context, parallel) => {
      const base = estimateMemoryMiB(bytes, header, context, parallel);
      expect(estimateMemoryMiB(bytes + 1, header, context, parallel)).toBeGreaterThanOrEqual(base);
      expect(estimateMemoryMiB(bytes, header, context + 1, parallel)).toBeGreaterThanOrEqual(base);
      expect(estimateMemoryMiB(bytes, header, context, parallel + 1)).toBeGreaterThanOrEqual(base);
      expect(Number.isInteger(base)).toBe(true);
    }),
  );
});
