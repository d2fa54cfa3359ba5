import type { KnowledgeConfig } from "./edge/config.ts";
import { type Embedder, vectorOf } from "./edge/embedder/embedder.ts";
import { openEmbedder } from "./open-embedder.ts";
import type { QueryEmbedding } from "./search-ports.ts";
import type { Readers } from "./store.ts";

/**
 * Works with the embedder of the service's settings and the vectors that are stored of it, for questions alone: nothing is
 * written. An embedder that cannot be had is told by the state, not thrown.
 */
export async function withQueryEmbedding<T>(
  config: KnowledgeConfig,
  readers: Readers,
  work: (embedding: QueryEmbedding) => Promise<T>,
): Promise<T> {
  const stopping = new AbortController();
  const opened = await opening(config, stopping.signal);
  try {
    return await work("embedder" in opened ? await ready(opened.embedder, readers) : failed(opened.problem));
  } finally {
    stopping.abort();
    if ("embedder" in opened) await opened.embedder.close();
  }
}

async function opening(
  config: KnowledgeConfig,
  signal: AbortSignal,
): Promise<{ readonly embedder: Embedder } | { readonly problem: string }> {
  try {
    return { embedder: await openEmbedder(config, signal, () => undefined) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

async function ready(embedder: Embedder, { read, vectors: index }: Readers): Promise<QueryEmbedding> {
  const { fingerprint, dimensions } = embedder;
  const modelId = await read.embeddingModelId({ fingerprint });
  const vectors = modelId === undefined ? 0 : await index.load({ modelId, dimensions });
  return {
    state: { state: "ready", vectors },
    model: { id: modelId ?? 0, fingerprint },
    embedQuery: (query, signal) => vectorOf(embedder, query, "query", signal),
  };
}

function failed(message: string): QueryEmbedding {
  return {
    state: { state: "failed", message },
    model: undefined,
    embedQuery: () => Promise.reject(new Error(message)),
  };
}
