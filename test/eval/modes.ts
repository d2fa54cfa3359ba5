import { denseTrust, fuse } from "../../services/knowledge/src/core/fusion.ts";
import { queryTerms } from "../../services/knowledge/src/core/query.ts";
import { vectorOf } from "../../services/knowledge/src/edge/embedder/embedder.ts";
import { lexicalSearch } from "../../services/knowledge/src/edge/store/lexical.ts";
import { cosines, denseSearch } from "../../services/knowledge/src/edge/vectors/dense-search.ts";
import type { Ground } from "./ground.ts";
import { mean, ndcg, recall, standardError } from "../../services/knowledge/src/core/retrieval-metrics.ts";
import type { BeirQuery } from "./beir.ts";

export const modes = ["lexical", "dense", "hybrid"] as const;
export type Mode = (typeof modes)[number];

/** Means over the queries, with the standard error of nDCG's. */
export type Score = {
  readonly ndcg10: number;
  readonly error: number;
  readonly recall10: number;
  readonly recall100: number;
};

/** What is asked of each leg; recall is looked at as deep. */
const depth = 100;

export async function scoreMode(ground: Ground, mode: Mode, queries: readonly BeirQuery[]): Promise<Score> {
  const scores: Omit<Score, "error">[] = [];
  for (const { text, judgements } of queries) {
    const chunkIds = await rank(ground, mode, text);
    const ranked = chunkIds.map((id) => ground.documentOf.get(id) ?? "");
    scores.push({
      ndcg10: ndcg(ranked, judgements, 10),
      recall10: recall(ranked, judgements, 10),
      recall100: recall(ranked, judgements, depth),
    });
  }
  const of = (what: "ndcg10" | "recall10" | "recall100") =>
    scores.map((score) => score[what]).filter((value) => !Number.isNaN(value));
  return {
    ndcg10: mean(of("ndcg10")),
    error: standardError(of("ndcg10")),
    recall10: mean(of("recall10")),
    recall100: mean(of("recall100")),
  };
}

async function rank(ground: Ground, mode: Mode, text: string): Promise<number[]> {
  const { db, scope, dense } = ground;
  const byWords = () => lexicalSearch(db, { terms: queryTerms(text), scope, documents: "all", limit: depth });
  if (mode === "lexical") return byWords().map((hit) => hit.chunkId);
  if (!dense) throw new Error(`${mode} needs an embedder`);
  const unit = await vectorOf(dense.embedder, text, "query");
  const allowed = { collections: new Set(scope.collectionIds), documents: "all" } as const;
  const near = denseSearch(db, dense.matrix, { modelId: dense.modelId, unit, allowed, limit: depth });
  if (mode === "dense") return near.map((hit) => hit.chunkId);
  const lexical = byWords();
  const known = cosines(db, { modelId: dense.modelId, unit, chunkIds: lexical.map((hit) => hit.chunkId) });
  const fused = fuse({ lexical, dense: near, cosines: known }, denseTrust(dense.embedder.fingerprint));
  return fused.map((hit) => hit.chunkId);
}
