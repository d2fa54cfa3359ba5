import { isUnit } from "../../core/unit-vector.ts";
import { allocate } from "../assemble.ts";
import { Block, blockRows, type RowKey } from "./block.ts";
import { Best, type Candidate } from "./best.ts";
import type { Scan } from "./scan.ts";

export type MatrixRow = RowKey & { readonly unit: Float32Array };

/** Which rows a search may see at all. */
export type Allowed = {
  readonly collections: ReadonlySet<number>;
  readonly documents: ReadonlySet<number> | "all";
};

/** The largest value of a query's int16: 12 bits, see scan.wat. */
const queryMax = 2_047;

/**
 * All vectors of one model as int8 in memory, scanned whole for each question: exact up to the rounding, which
 * rescoring by the stored floats takes away. Rows lie without gaps; the last one fills the place of one that goes.
 */
export class VectorMatrix {
  readonly dimensions: number;
  readonly #scan: Scan;
  readonly #padded: number;
  readonly #query: number;
  readonly #scores: number;
  readonly #blocks: Block[] = [];
  readonly #rowOf = new Map<number, number>();

  constructor(scan: Scan, dimensions: number) {
    this.#scan = scan;
    this.dimensions = dimensions;
    this.#padded = Math.ceil(dimensions / 16) * 16;
    this.#query = allocate(scan.memory, this.#padded * 2 + blockRows * 4);
    this.#scores = this.#query + this.#padded * 2;
  }

  get size(): number {
    return this.#rowOf.size;
  }

  /** Adds rows, or replaces those of the same chunks. A vector that is not of length one is a programming error. */
  add(rows: Iterable<MatrixRow>): void {
    for (const { unit, ...key } of rows) {
      if (unit.length !== this.dimensions || !isUnit(unit))
        throw new Error(`chunk ${key.chunkId}: not a unit vector of ${this.dimensions} dimensions`);
      const row = this.#rowOf.get(key.chunkId) ?? this.#rowOf.size;
      this.#rowOf.set(key.chunkId, row);
      this.#blockOf(row).set(row % blockRows, key, unit);
    }
  }

  remove(chunkIds: Iterable<number>): void {
    for (const chunkId of chunkIds) {
      const row = this.#rowOf.get(chunkId);
      if (row === undefined) continue;
      const last = this.#rowOf.size - 1;
      const lastBlock = this.#blockOf(last);
      const moved = lastBlock.key(last % blockRows).chunkId;
      this.#blockOf(row).copy(row % blockRows, lastBlock, last % blockRows);
      this.#rowOf.set(moved, row);
      this.#rowOf.delete(chunkId);
    }
  }

  /** The `count` allowed rows nearest to a unit vector, best first, by the cosine of the rounded values. */
  search(unit: Float32Array, allowed: Allowed, count: number): readonly Candidate[] {
    if (unit.length !== this.dimensions)
      throw new Error(`a query of ${unit.length} dimensions, not ${this.dimensions}`);
    const queryScale = this.#writeQuery(unit);
    const best = new Best(count);
    for (let first = 0; first < this.size; first += blockRows) this.#searchBlock(first, allowed, best);
    return best.take().map(({ chunkId, score }) => ({ chunkId, score: score * queryScale }));
  }

  /** Rows are let through one by one, but only those that score high enough to matter are looked at. */
  #searchBlock(first: number, { collections, documents }: Allowed, best: Best): void {
    const block = this.#blockOf(first);
    const count = Math.min(blockRows, this.size - first);
    block.score(count, this.#query, this.#scores);
    const scores = new Float32Array(this.#scan.memory.buffer, this.#scores, count);
    for (let row = 0; row < count; row += 1) {
      const score = scores[row] ?? -Infinity;
      if (score <= best.threshold) continue;
      const { chunkId, documentId, collectionId } = block.key(row);
      const mayBeSeen = collections.has(collectionId) && (documents === "all" || documents.has(documentId));
      if (mayBeSeen) best.offer(chunkId, score);
    }
  }

  #writeQuery(unit: Float32Array): number {
    const scale = unit.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / queryMax;
    const values = new Int16Array(this.#scan.memory.buffer, this.#query, this.#padded).fill(0);
    for (const [i, value] of unit.entries()) values[i] = Math.round(value / scale);
    return scale;
  }

  #blockOf(row: number): Block {
    const index = Math.floor(row / blockRows);
    return (this.#blocks[index] ??= new Block(this.#scan, this.#padded));
  }
}
