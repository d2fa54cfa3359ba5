import type { DocumentFilter } from "@benchai/contract/rag";

import type { SearchScope } from "../store/hits.ts";
import { resolveDocuments, type ScoredChunk } from "../store/lexical.ts";
import type { Db } from "../store/open.ts";
import { type StoredVector, vectorsAfter } from "../store/vectors.ts";
import { cosines, denseSearch } from "./dense-search.ts";
import { VectorMatrix } from "./matrix.ts";
import type { Scan } from "./scan.ts";

type NearestCall = {
  readonly scope: SearchScope;
  readonly filter: DocumentFilter;
  readonly unit: Float32Array;
  readonly limit: number;
};

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

  /** The chunks nearest to a unit vector, best first; none before vectors were loaded. */
  nearest({ scope, filter, unit, limit }: NearestCall): readonly ScoredChunk[] {
    if (!this.#model) return [];
    const { id: modelId, matrix } = this.#model;
    const documents = resolveDocuments(this.#db, { scope, filter });
    const allowed = {
      collections: new Set(scope.collectionIds),
      documents: documents === "all" ? documents : new Set(documents),
    };
    return denseSearch(this.#db, matrix, { modelId, unit, allowed, limit });
  }

  /** How near some chunks are to a unit vector; those that have no vector are left out. */
  cosines(call: {
    readonly unit: Float32Array;
    readonly chunkIds: readonly number[];
  }): ReadonlyMap<number, number> {
    return this.#model ? cosines(this.#db, { modelId: this.#model.id, ...call }) : new Map();
  }
}
