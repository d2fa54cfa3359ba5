import type { DocumentFilter, LegScore, SearchAnswer, SearchHit, SearchRequest } from "@benchai/contract/rag";

import type { SearchScope, StoredHit } from "./edge/store/hits.ts";
import { type Rerank, rerankBeginnings } from "./rerank.ts";

/** A chunk that a leg found; higher scores are better, and each leg has its own scale. */
export type LegHit = { readonly chunkId: number; readonly score: number };

type LegCall = { readonly scope: SearchScope; readonly filter: DocumentFilter; readonly limit: number };

/** What a search is made of. Legs filter before they rank. */
export type SearchPorts = {
  scope(call: { owner: string; collections: readonly string[] | undefined }): Promise<SearchScope>;
  lexical(call: LegCall & { query: string }): Promise<readonly LegHit[]>;
  /** Scores are cosines. */
  dense(call: LegCall & { unit: Float32Array }): Promise<readonly LegHit[]>;
  /** Those of the chunks that have a vector. */
  cosines(call: { unit: Float32Array; chunkIds: readonly number[] }): Promise<ReadonlyMap<number, number>>;
  /** Whether there are vectors to ask at all; else why not. */
  denseProblem(): string | undefined;
  embedQuery(query: string, signal: AbortSignal): Promise<Float32Array>;
  fuse(legs: {
    readonly lexical: readonly LegHit[];
    readonly dense: readonly LegHit[];
    readonly cosines: ReadonlyMap<number, number>;
  }): readonly LegHit[];
  hits(call: {
    scope: SearchScope;
    chunkIds: readonly number[];
    neighbours: number;
  }): Promise<readonly StoredHit[]>;
  /** Undefined when no reranker is configured. */
  readonly rerank: Rerank | undefined;
};

export type SearchLimits = {
  /** How long the query's vector may take before the words have to do alone, in ms. */
  readonly embedMs: number;
  /** The reranker's whole budget, in ms. */
  readonly rerankMs: number;
};

const defaultK = 10;
/** How deep each leg looks: deep enough that fusion sees a chunk in both legs when it stands in both. */
const legDepth = 100;
const rerankDepth = 30;

type Legs = {
  readonly lexical: readonly LegHit[];
  readonly dense: readonly LegHit[];
  readonly reranked: readonly LegHit[];
};
type Mode = NonNullable<SearchRequest["mode"]>;

/** What a search found: chunks with their text, the order they are to have, and what each leg said of them. */
export type Found = Legs & {
  readonly hits: readonly StoredHit[];
  readonly order: readonly LegHit[];
  /** Of question and chunk, as far as there are vectors. */
  readonly cosines: ReadonlyMap<number, number>;
  readonly notes: readonly string[];
};

/** Searches an owner's chunks by words, by meaning, or by both; what cannot be asked is left out with a note. */
export async function search(
  ports: SearchPorts,
  limits: SearchLimits,
  owner: string,
  request: SearchRequest,
): Promise<SearchAnswer> {
  const startMs = performance.now();
  const found = await findChunks(ports, limits, owner, request);
  const { dense, reranked, notes } = found;
  return {
    results: arrange(found, request.explain === true).slice(0, request.k ?? defaultK),
    legs: {
      lexical: request.mode !== "dense",
      dense: dense.length > 0,
      rerank: reranked.length > 0,
      notes: [...notes],
    },
    took_ms: performance.now() - startMs,
  };
}

/** The same, before it is made an answer. */
export async function findChunks(
  ports: SearchPorts,
  limits: SearchLimits,
  owner: string,
  request: SearchRequest,
): Promise<Found> {
  const notes: string[] = [];
  const { query, mode = "hybrid", k = defaultK, neighbours = 0 } = request;
  const scope = await ports.scope({ owner, collections: request.collections });
  const call = { scope, filter: request.filter ?? {}, limit: Math.max(legDepth, k) };
  const [lexical, { unit, dense }] = await Promise.all([
    mode === "dense" ? [] : ports.lexical({ ...call, query }),
    mode === "lexical" ? noDense : denseLeg(ports, limits, notes, query, call),
  ]);
  const cosines = await cosinesOf(ports, unit, lexical, dense);
  const fused = oneOf(mode, lexical, dense) ?? ports.fuse({ lexical, dense, cosines });
  const depth = request.rerank === true ? Math.max(k, rerankDepth) : k;
  const hits = await ports.hits({ scope, chunkIds: fused.slice(0, depth).map((h) => h.chunkId), neighbours });
  const reranked = request.rerank === true ? await rerankLeg(ports, limits, notes, query, hits) : [];
  return {
    hits,
    order: reranked.length > 0 ? reranked : fused,
    lexical,
    dense,
    reranked,
    cosines,
    notes,
  };
}

function oneOf(
  mode: Mode,
  lexical: readonly LegHit[],
  dense: readonly LegHit[],
): readonly LegHit[] | undefined {
  if (mode === "lexical") return lexical;
  return mode === "dense" ? dense : undefined;
}

type DenseLeg = { readonly unit: Float32Array | undefined; readonly dense: readonly LegHit[] };
const noDense: DenseLeg = { unit: undefined, dense: [] };

async function denseLeg(
  ports: SearchPorts,
  limits: SearchLimits,
  notes: string[],
  query: string,
  call: LegCall,
): Promise<DenseLeg> {
  const unit = await queryVector(ports, limits, notes, query);
  return unit ? { unit, dense: await ports.dense({ ...call, unit }) } : noDense;
}

/** Of all hits of both legs; the dense leg's are known. */
async function cosinesOf(
  ports: SearchPorts,
  unit: Float32Array | undefined,
  lexical: readonly LegHit[],
  dense: readonly LegHit[],
): Promise<ReadonlyMap<number, number>> {
  const known = new Map(dense.map((h) => [h.chunkId, h.score]));
  const chunkIds = lexical.map((h) => h.chunkId).filter((id) => !known.has(id));
  if (!unit || chunkIds.length === 0) return known;
  return new Map([...known, ...(await ports.cosines({ unit, chunkIds }))]);
}

async function queryVector(
  ports: SearchPorts,
  { embedMs }: SearchLimits,
  notes: string[],
  query: string,
): Promise<Float32Array | undefined> {
  const problem = ports.denseProblem();
  if (problem !== undefined) {
    notes.push(`dense: ${problem}`);
    return undefined;
  }
  try {
    return await ports.embedQuery(query, AbortSignal.timeout(embedMs));
  } catch (error) {
    notes.push(`dense: ${reason(error)}`);
    return undefined;
  }
}

async function rerankLeg(
  ports: SearchPorts,
  { rerankMs }: SearchLimits,
  notes: string[],
  query: string,
  found: readonly StoredHit[],
): Promise<readonly LegHit[]> {
  if (!ports.rerank) {
    notes.push("rerank: no reranker is configured (RERANK_MODEL)");
    return [];
  }
  if (found.length === 0) return [];
  try {
    const texts = found.map((h) => h.content);
    const scores = await rerankBeginnings(ports.rerank, notes, query, texts, AbortSignal.timeout(rerankMs));
    return found
      .map((h, i) => ({ chunkId: h.chunkId, score: scores[i] ?? Number.NEGATIVE_INFINITY }))
      .toSorted((a, b) => b.score - a.score);
  } catch (error) {
    notes.push(`rerank: ${reason(error)}; the order is the one before`);
    return [];
  }
}

/** Hits in their order, as the API shows them. */
export function arrange({ hits, order, ...legs }: Found, isExplained: boolean): SearchHit[] {
  const byId = new Map(hits.map((h) => [h.chunkId, h]));
  return order.flatMap(({ chunkId, score }) => {
    const hit = byId.get(chunkId);
    if (!hit) return [];
    const { content, citation, context } = hit;
    return [
      {
        content,
        source: citation.path,
        score,
        citation,
        ...(context ? { context } : {}),
        ...(isExplained ? { explain: explain(chunkId, legs) } : {}),
      },
    ];
  });
}

function explain(chunkId: number, { lexical, dense, reranked }: Legs): NonNullable<SearchHit["explain"]> {
  const legs = {
    lexical: placeOf(chunkId, lexical),
    dense: placeOf(chunkId, dense),
    rerank: placeOf(chunkId, reranked),
  };
  return {
    ...(legs.lexical ? { lexical: legs.lexical } : {}),
    ...(legs.dense ? { dense: legs.dense } : {}),
    ...(legs.rerank ? { rerank: legs.rerank } : {}),
  };
}

function placeOf(chunkId: number, leg: readonly LegHit[]): LegScore | undefined {
  const at = leg.findIndex((h) => h.chunkId === chunkId);
  const hit = leg[at];
  return hit ? { rank: at + 1, score: hit.score } : undefined;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return error.name === "TimeoutError" ? "no answer in time" : error.message;
}
