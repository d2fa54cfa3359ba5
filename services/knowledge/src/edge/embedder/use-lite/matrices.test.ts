import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Matrices, pack } from "./matrices.ts";

describe("matrices", () => {
  const size = fc.integer({ min: 1, max: 40 });

  it("are multiplied, whole or in part, and nothing beside the product is touched", async () => {
    // Each run takes room that is not given back.
    const matrices = await Matrices.create(16 * 1024 * 1024);
    fc.assert(
      fc.property(size, size, size, fc.nat(8), fc.nat(1), (rows, depth, columns, column, panelsBefore) => {
        const width = Math.ceil(columns / 8) * 8 + 8 * panelsBefore + 8;
        const a = matrices.matrix(rows, depth + column);
        const b = matrices.panels(depth, columns);
        const c = matrices.matrix(rows, width);
        for (const [i] of a.values.entries()) a.values[i] = (i % 7) - 3;
        const factor = Float32Array.from({ length: depth * columns }, (_, i) => (i % 5) - 2);
        const packed = pack(b, factor, { rows: depth, columns, rowStride: columns, columnStride: 1 });
        c.values.fill(99);
        matrices.multiply({ matrix: a, column }, rows, packed, { matrix: c, column: 8 * panelsBefore });
        for (let row = 0; row < rows; row += 1)
          for (let at = 0; at < width; at += 1) {
            const i = at - 8 * panelsBefore;
            const isProduct = i >= 0 && i < columns;
            const isPadding = i >= columns && i < Math.ceil(columns / 8) * 8;
            let sum = 0;
            for (let k = 0; k < (isProduct ? depth : 0); k += 1)
              sum += (a.values[row * a.columns + column + k] ?? 0) * (factor[k * columns + i] ?? 0);
            expect(c.values[row * width + at]).toBe(isProduct || isPadding ? sum : 99);
          }
      }),
      { numRuns: 60 },
    );
  });

  it("transpose what they pack when its strides say so", async () => {
    const matrices = await Matrices.create(65_536);
    const source = Float32Array.of(1, 2, 3, 4, 5, 6);
    const packed = pack(matrices.panels(3, 8), source, {
      rows: 3,
      columns: 2,
      rowStride: 1,
      columnStride: 3,
    });
    expect([...packed.values]).toEqual([1, 4, ...zeros(6), 2, 5, ...zeros(6), 3, 6, ...zeros(6)]);
  });

  it("say that their memory is used up instead of growing out of their views", async () => {
    const matrices = await Matrices.create(65_536);
    expect(() => matrices.matrix(1_000, 1_000)).toThrow(RangeError);
  });
});

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}
