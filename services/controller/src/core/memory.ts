import type { GgufHeader } from "./gguf.ts";

const MiB = 1024 * 1024;

/** Compute buffers, the program itself and the prompt cache, in MiB; a floor, learnt values come later. */
const overheadMiB = 64;

/**
 * What a worker will hold, in MiB: the weights, a 16-bit key-value cache for every token of every
 * parallel slot, and a fixed overhead. Over-estimates models with sliding-window or recurrent layers.
 */
export function estimateMemoryMiB(
  sizeBytes: number,
  header: GgufHeader,
  contextTokens: number,
  parallel: number,
): number {
  const perTokenBytes = header.layers * header.kvHeads * (header.keyLength + header.valueLength) * 2;
  return Math.ceil((sizeBytes + perTokenBytes * contextTokens * parallel) / MiB) + overheadMiB;
}
