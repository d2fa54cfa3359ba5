import { assertNever } from "@benchai/kernel/assert-never";

import { denseTrust, fuse, hasKnownCosines } from "./core/fusion.ts";
import type { KnowledgeConfig } from "./edge/config.ts";
import { RouterClient } from "./edge/router-client.ts";
import type { Embedding } from "./embedding.ts";
import type { RelevancePorts } from "./relevant-chunks.ts";
import type { Readers } from "./store.ts";

/** What a search asks for its question's vector. */
export type QueryEmbedding = Pick<Embedding, "state" | "model" | "embedQuery">;

/** A search over the threads that read, as the service makes it and as its evaluation measures it. */
export function searchPorts(
  config: KnowledgeConfig,
  { read, vectors }: Readers,
  embedding: QueryEmbedding,
): RelevancePorts {
  const router = new RouterClient(config.ROUTER_URL);
  const { RERANK_MODEL: reranker } = config;
  const fingerprint = () => embedding.model?.fingerprint ?? "";
  return {
    scope: read.searchScope,
    lexical: read.lexical,
    dense: vectors.nearest,
    cosines: vectors.cosines,
    hits: read.storedHits,
    questionWords: read.questionWords,
    areCosinesKnown: () => hasKnownCosines(fingerprint()),
    denseProblem: () => denseProblem(embedding),
    embedQuery: (query, signal) => embedding.embedQuery(query, signal),
    fuse: (legs) => fuse(legs, denseTrust(fingerprint())),
    rerank:
      reranker === "" ? undefined : (query, texts, signal) => router.rerank(reranker, query, texts, signal),
  };
}

function denseProblem({ state }: QueryEmbedding): string | undefined {
  switch (state.state) {
    case "loading":
      return "the embedding model is not ready yet";
    case "failed":
      return `the embedding model failed: ${state.message}`;
    case "ready":
      return state.vectors === 0 ? "there are no vectors yet" : undefined;
    default:
      return assertNever(state);
  }
}
