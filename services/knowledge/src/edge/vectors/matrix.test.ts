import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { dot, toUnit } from "../../core/unit-vector.ts";
import { blockRows } from "./block.ts";
import { VectorMatrix } from "./matrix.ts";
import { compileScan, type Scan } from "./scan.ts";

/** Repeatable numbers around 0 (a linear congruential generator is even enough here). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function randomUnit(next: () => number, dimensions: number): Float32Array {
  return toUnit(Array.from({ length: dimensions }, next)) ?? new Float32Array();
}

const everything = (...ids: number[]) => ({ collections: new Set(ids), documents: "all" }) as const;
const found = (hits: readonly { readonly chunkId: number }[]) => hits.map((hit) => hit.chunkId);

describe("the vector matrix", () => {
  let newScan: () => Scan;
  beforeAll(async () => {
    newScan = await compileScan();
  });

  it.each([16, 384, 512, 50, 1_000])(
    "scores rows of %i dimensions as their floats do, up to rounding",
    (dimensions) => {
      const next = numbers(dimensions);
      const matrix = new VectorMatrix(newScan(), dimensions);
      const rows = Array.from({ length: 60 }, (_, i) => ({
        chunkId: i + 1,
        documentId: i,
        collectionId: 1,
        unit: randomUnit(next, dimensions),
      }));
      matrix.add(rows);
      const query = randomUnit(next, dimensions);
      const hits = matrix.search(query, everything(1), 60);
      expect(hits).toHaveLength(60);
      for (const { chunkId, score } of hits) {
        const row = rows.find((one) => one.chunkId === chunkId);
        expect(Math.abs(score - dot(query, row?.unit ?? query))).toBeLessThan(0.02);
      }
      expect(hits.map((hit) => hit.score)).toEqual(hits.map((hit) => hit.score).toSorted((a, b) => b - a));
    },
  );

  it("finds across blocks, and keeps what it holds while it grows", () => {
    const next = numbers(1);
    const matrix = new VectorMatrix(newScan(), 32);
    const rows = Array.from({ length: 2 * blockRows + 5 }, (_, i) => ({
      chunkId: i,
      documentId: i,
      collectionId: 1,
      unit: randomUnit(next, 32),
    }));
    matrix.add(rows);
    for (const at of [0, blockRows - 1, blockRows, 2 * blockRows + 4])
      expect(found(matrix.search(rows[at]?.unit ?? new Float32Array(32), everything(1), 1))).toEqual([at]);
  });

  it("selects among what a search may see, however near the rest lies", () => {
    const next = numbers(2);
    const query = randomUnit(next, 16);
    const matrix = new VectorMatrix(newScan(), 16);
    matrix.add(
      Array.from({ length: 200 }, (_, i) => ({ chunkId: i, documentId: i, collectionId: 1, unit: query })),
    );
    matrix.add(
      [7, 8].map((id) => ({
        chunkId: 1_000 + id,
        documentId: id,
        collectionId: 2,
        unit: query.map((v) => -v),
      })),
    );
    expect(found(matrix.search(query, everything(2), 5))).toEqual([1_007, 1_008]);
    expect(
      found(matrix.search(query, { collections: new Set([1, 2]), documents: new Set([8, 900]) }, 5)),
    ).toEqual([8, 1_008]);
    expect(matrix.search(query, everything(), 5)).toEqual([]);
  });

  it("replaces the row of a chunk that comes again", () => {
    const next = numbers(3);
    const [before, after] = [randomUnit(next, 16), randomUnit(next, 16)];
    const matrix = new VectorMatrix(newScan(), 16);
    matrix.add([{ chunkId: 1, documentId: 1, collectionId: 1, unit: before }]);
    matrix.add([{ chunkId: 1, documentId: 1, collectionId: 1, unit: after }]);
    expect(matrix.size).toBe(1);
    expect(matrix.search(after, everything(1), 1)[0]?.score).toBeGreaterThan(0.99);
  });

  it("refuses vectors of no length, with what is no number, or of other dimensions", () => {
    const matrix = new VectorMatrix(newScan(), 16);
    const row = (unit: Float32Array) => [{ chunkId: 1, documentId: 1, collectionId: 1, unit }];
    for (const bad of [new Float32Array(16), new Float32Array(16).fill(NaN), randomUnit(numbers(4), 32)])
      expect(() => matrix.add(row(bad))).toThrow(/not a unit vector of 16 dimensions/);
    expect(matrix.size).toBe(0);
  });

  it("holds, after any adding and removing, exactly what a plain map would", () => {
    const units = Array.from({ length: 30 }, (_, i) => randomUnit(numbers(i + 10), 16));
    const unitOf = (id: number) => units[id] ?? new Float32Array(16);
    const step = fc.record({ id: fc.nat(29), isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const matrix = new VectorMatrix(newScan(), 16);
        const model = new Set<number>();
        for (const { id, isAdded } of steps) {
          if (isAdded) matrix.add([{ chunkId: id, documentId: id, collectionId: id % 3, unit: unitOf(id) }]);
          else matrix.remove([id]);
          if (isAdded) model.add(id);
          else model.delete(id);
        }
        expect(new Set(found(matrix.search(unitOf(0), everything(0, 1, 2), 30)))).toEqual(model);
        for (const id of model) {
          const only = { collections: new Set([id % 3]), documents: new Set([id]) };
          expect(matrix.search(unitOf(id), only, 5)).toEqual([{ chunkId: id, score: expect.closeTo(1, 1) }]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
