import type { DocumentFilter } from "@benchai/contract/rag";

import { dot } from "../../core/unit-vector.ts";
import type { SearchScope } from "../store/hits.ts";
import { resolveDocuments, type ScoredChunk } from "../store/lexical.ts";
import type { Db } from "../store/open.ts";
import { type StoredVector, unitVectors, vectorsAfter } from "../store/vectors.ts";
import { denseSearch } from "./dense-search.ts";
import { VectorMatrix } from "./matrix.ts";
import type { Scan } from "./scan.ts";

const loadedAtOnce = 2_000;

/** The vectors of the present embedding model: the table is the truth, the matrix what is scanned. */
export class VectorIndex {
  readonly #db: Db;
  readonly #newScan: () => Scan;
  #model: { readonly id: number; readonly matrix: VectorMatrix } | undefined;

  constructor(db: Db, newScan: () => Scan) {
    this.#db = db;
    this.#newScan = newScan;
  }

  /** Takes the vectors of this model in, and lets go of another one's; answers how many there are. */
  load({ modelId, dimensions }: { readonly modelId: number; readonly dimensions: number }): number {
    const matrix = new VectorMatrix(this.#newScan(), dimensions);
    for (let after = 0; ;) {
      const rows = vectorsAfter(this.#db, { modelId, after, limit: loadedAtOnce });
      matrix.add(rows);
      const last = rows.at(-1);
      if (!last) break;
      after = last.chunkId;
    }
    this.#model = { id: modelId, matrix };
    return matrix.size;
  }

  /** Rows that were just stored. */
  add({ modelId, rows }: { readonly modelId: number; readonly rows: readonly StoredVector[] }): number {
    if (this.#model?.id === modelId) this.#model.matrix.add(rows);
    return this.#model?.matrix.size ?? 0;
  }

  remove({ chunkIds }: { readonly chunkIds: readonly number[] }): number {
    this.#model?.matrix.remove(chunkIds);
    return this.#model?.matrix.size ?? 0;
  }

  /** The nearest chunks, and how near those are that the words found. */
  search({
    scope,
    filter,
    unit,
    limit,
    lexicalIds,
  }: {
    readonly scope: SearchScope;
    readonly filter: DocumentFilter;
    readonly unit: Float32Array;
    readonly limit: number;
    readonly lexicalIds: readonly number[];
  }): { readonly hits: readonly ScoredChunk[]; readonly cosines: ReadonlyMap<number, number> } {
    if (!this.#model) return { hits: [], cosines: new Map() };
    const { id: modelId, matrix } = this.#model;
    const documents = resolveDocuments(this.#db, { scope, filter });
    const allowed = {
      collections: new Set(scope.collectionIds),
      documents: documents === "all" ? documents : new Set(documents),
    };
    const vectors = unitVectors(this.#db, { modelId, chunkIds: lexicalIds });
    return {
      hits: denseSearch(this.#db, matrix, { modelId, unit, allowed, limit }),
      cosines: new Map(vectors.map((v) => [v.chunkId, dot(unit, v.unit)])),
    };
  }
}
