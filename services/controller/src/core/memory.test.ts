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
  poolsLast: false,
  hasCache: true,
  neededBytes: 1,
};
const GiB = 1024 ** 3;

test("weights, two bytes per key and value of every token of every slot, and a fixed overhead", () => {
  // Qwen2.5 1.5B: 28 layers x 2 heads x 256 x 2 bytes = 28 kB a token; 16,384 tokens are 448 MiB.
  expect(estimateMemoryMiB(GiB, header, { contextTokens: 8_192, parallel: 2 })).toBe(1_024 + 448 + 64);
});

// Measured with llama-server 0.7.0 on the CPU, as its log tells: "CPU compute buffer size".
const bert: GgufHeader = { ...header, architecture: "bert", hasCache: false };
const nomic: GgufHeader = { ...bert, embeddingLength: 768 };
const bgeM3: GgufHeader = { ...bert, embeddingLength: 1_024 };
const qwen3: GgufHeader = { ...header, embeddingLength: 1_024 };
test.each([
  ["nomic-bert", nomic, 2_048, 110],
  ["nomic-bert", nomic, 8_192, 536],
  ["bge-m3", bgeM3, 4_096, 192],
  ["bge-m3", bgeM3, 8_192, 448],
  ["qwen3", qwen3, 8_192, 577],
])(
  "the buffer for a batch of %s is counted, within twice what it was",
  (_name, model, tokens, measuredMiB) => {
    const size = { contextTokens: tokens, parallel: 1 };
    const without = estimateMemoryMiB(GiB, model, size);
    const buffer = estimateMemoryMiB(GiB, model, { ...size, batchTokens: tokens }) - without;
    expect(buffer).toBeGreaterThanOrEqual(measuredMiB);
    expect(buffer).toBeLessThan(2 * measuredMiB);
  },
);

test("a model that keeps no cache needs none for any context", () => {
  expect(estimateMemoryMiB(GiB, bert, { contextTokens: 8_192, parallel: 8 })).toBe(1_024 + 64);
});

test("more context, more parallel slots, a larger batch or a larger file never need less", () => {
  const size = fc.integer({ min: 0, max: 2 ** 40 });
  const small = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(size, small, small, small, (bytes, contextTokens, parallel, batchTokens) => {
      const of = { contextTokens, parallel, batchTokens };
      const base = estimateMemoryMiB(bytes, header, of);
      for (const more of ["contextTokens", "parallel", "batchTokens"] as const)
        expect(estimateMemoryMiB(bytes, header, { ...of, [more]: of[more] + 1 })).toBeGreaterThanOrEqual(
          base,
        );
      expect(estimateMemoryMiB(bytes + 1, header, of)).toBeGreaterThanOrEqual(base);
      expect(Number.isInteger(base)).toBe(true);
    }),
  );
});
