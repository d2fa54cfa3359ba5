import { dot } from "../../core/unit-vector.ts";
import type { ScoredChunk } from "../store/lexical.ts";
import type { Db } from "../store/open.ts";
import { unitVectors } from "../store/vectors.ts";
import type { Allowed, VectorMatrix } from "./matrix.ts";

/** So many more rows than asked for are scored again by their floats that rounding cannot push one of the best out. */
const candidates = (limit: number) => limit + 40;

/** The allowed chunks nearest to a unit vector by exact cosine, best first. Rows deleted since the scan drop out. */
export function denseSearch(
  db: Db,
  matrix: VectorMatrix,
  {
    modelId,
    unit,
    allowed,
    limit,
  }: {
    readonly modelId: number;
    readonly unit: Float32Array;
    readonly allowed: Allowed;
    readonly limit: number;
  },
): readonly ScoredChunk[] {
  const found = matrix.search(unit, allowed, candidates(limit)).map(({ chunkId }) => chunkId);
  return unitVectors(db, { modelId, chunkIds: found })
    .map((row) => ({ chunkId: row.chunkId, score: dot(unit, row.unit) }))
    .toSorted((a, b) => b.score - a.score || a.chunkId - b.chunkId)
    .slice(0, limit);
}

/** The exact cosines of some chunks with a unit vector; those without a vector of this model are left out. */
export function cosines(
  db: Db,
  {
    modelId,
    unit,
    chunkIds,
  }: { readonly modelId: number; readonly unit: Float32Array; readonly chunkIds: readonly number[] },
): ReadonlyMap<number, number> {
  return new Map(unitVectors(db, { modelId, chunkIds }).map((row) => [row.chunkId, dot(unit, row.unit)]));
}
