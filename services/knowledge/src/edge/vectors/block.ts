import { allocate } from "../assemble.ts";
import type { Scan } from "./scan.ts";

/** Rows of one block. Blocks are added one by one, so growing copies nothing and wastes one block at most. */
export const blockRows = 4_096;
const int8Max = 127;

/** Where a row's vector came from, and what a search may be narrowed to. */
export type RowKey = { readonly chunkId: number; readonly documentId: number; readonly collectionId: number };

/** 4,096 rows: their keys here, their int8 values and scales in the scan's memory. */
export class Block {
  readonly #scan: Scan;
  readonly #dimensions: number;
  readonly #values: number;
  readonly #scales: number;
  readonly #chunks = new Float64Array(blockRows);
  readonly #documents = new Float64Array(blockRows);
  readonly #collections = new Float64Array(blockRows);

  /** `dimensions` is a multiple of 16. */
  constructor(scan: Scan, dimensions: number) {
    this.#scan = scan;
    this.#dimensions = dimensions;
    this.#scales = allocate(scan.memory, blockRows * (dimensions + 4));
    this.#values = this.#scales + blockRows * 4;
  }

  /** Rounds a unit vector to int8 by its own largest value. */
  set(row: number, key: RowKey, unit: Float32Array): void {
    this.#setKey(row, key);
    const largest = unit.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = largest / int8Max;
    this.#scaleView()[row] = scale;
    const values = this.#rowView(row).fill(0);
    for (let i = 0; i < unit.length; i += 1) values[i] = Math.round((unit[i] ?? 0) / scale);
  }

  /** Makes a row what another one is, of this block or a different one. */
  copy(row: number, from: Block, fromRow: number): void {
    this.#setKey(row, from.key(fromRow));
    this.#scaleView()[row] = from.#scaleView()[fromRow] ?? 0;
    this.#rowView(row).set(from.#rowView(fromRow));
  }

  key(row: number): RowKey {
    return {
      chunkId: this.#chunks[row] ?? 0,
      documentId: this.#documents[row] ?? 0,
      collectionId: this.#collections[row] ?? 0,
    };
  }

  /** Writes the scores of the first `count` rows to the address `score`. */
  score(count: number, query: number, score: number): void {
    this.#scan.scan(this.#values, count, this.#dimensions, query, this.#scales, score);
  }

  #setKey(row: number, { chunkId, documentId, collectionId }: RowKey): void {
    this.#chunks[row] = chunkId;
    this.#documents[row] = documentId;
    this.#collections[row] = collectionId;
  }

  // A memory that has grown has a new buffer, so views are made where they are used.
  #scaleView(): Float32Array {
    return new Float32Array(this.#scan.memory.buffer, this.#scales, blockRows);
  }

  #rowView(row: number): Int8Array {
    return new Int8Array(this.#scan.memory.buffer, this.#values + row * this.#dimensions, this.#dimensions);
  }
}
