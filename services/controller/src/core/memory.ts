import type { GgufHeader } from "./gguf.ts";
import type { WhisperHeader } from "./whisper-header.ts";

const MiB = 1024 * 1024;

/** The server's own compute buffers, the program itself and the prompt cache, in MiB; a floor, learnt values come later. */
const overheadMiB = 64;

/**
 * 32-bit floats that a batch's buffer holds for each token and each dimension: 10 for BERT, 14 for Qwen3 and 17 for Nomic as
 * llama-server 0.7.0 tells in its log ("compute buffer size", flash attention on).
 */
const floatsPerDimension = 18;

/** What decides, beside the file, how much a worker holds; `batchTokens` where it is not the server's own. */
export type WorkerSize = {
  readonly contextTokens: number;
  readonly parallel: number;
  readonly batchTokens?: number | undefined;
};

/**
 * What a worker will hold, in MiB: the weights, a 16-bit key-value cache for every token of every parallel slot, the buffer
 * for a batch, and a fixed overhead. Over-estimates models with sliding-window or recurrent layers.
 */
export function estimateMemoryMiB(sizeBytes: number, header: GgufHeader, size: WorkerSize): number {
  const bytes = sizeBytes + cacheBytes(header, size) + batchBytes(header, size);
  return Math.ceil(bytes / MiB) + overheadMiB;
}

function cacheBytes(header: GgufHeader, { contextTokens, parallel }: WorkerSize): number {
  if (!header.hasCache) return 0;
  const perTokenBytes = header.layers * header.kvHeads * (header.keyLength + header.valueLength) * 2;
  return perTokenBytes * contextTokens * parallel;
}

/** Each token of the batch has its vectors, and 16 bits that say of each other token whether it sees it. */
function batchBytes({ embeddingLength }: GgufHeader, { contextTokens, batchTokens = 0 }: WorkerSize): number {
  const maskBytes = Math.max(contextTokens, batchTokens) * 2;
  return batchTokens * (embeddingLength * floatsPerDimension * 4 + maskBytes);
}

/**
 * What whisper-server holds beside the weights: caches and buffers that grow with the model and are never quantised, so that
 * they are a share of its size at 16 bits; and, whatever the model, buffers of the decoder and the sound itself, in MiB. With
 * these every model of whisper.cpp's README ("Memory usage": 273 MB for tiny, 3.9 GB for large) is at most over-estimated.
 */
const whisperShare = 0.3;
const whisperOverheadMiB = 250;

/** What the worker of a Whisper model will hold, in MiB. */
export function estimateWhisperMiB(sizeBytes: number, header: WhisperHeader): number {
  return Math.ceil((sizeBytes + header.halfPrecisionBytes * whisperShare) / MiB) + whisperOverheadMiB;
}
