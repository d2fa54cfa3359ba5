import { allocate, assemble, type WasmMemory } from "../../assemble.ts";

/** A float32 matrix, row after row; `values` begins at `address`. */
export type Matrix = { readonly address: number; readonly columns: number; readonly values: Float32Array };

/** The same as panels: eight columns after each other, row after row of them. What is multiplied by lies so. */
export type Panels = Matrix & { readonly rows: number };

/** Where the values of a matrix stand in an array, in values. */
type Layout = {
  readonly rows: number;
  readonly columns: number;
  readonly offset?: number;
  readonly rowStride: number;
  readonly columnStride: number;
};

/** A part of a matrix's columns, in values. */
type Part = { readonly matrix: Matrix; readonly column?: number };

type Kernel = {
  readonly memory: WasmMemory;
  readonly multiply: (
    ...call: readonly [
      a: number,
      aStride: number,
      rows: number,
      depth: number,
      b: number,
      panels: number,
      c: number,
      cStride: number,
    ]
  ) => void;
};

const floatBytes = 4;
/** Columns of a panel, and rows that are multiplied at a time. */
const panelColumns = 8;
const rowsAtOnce = 4;

/** Matrices in the memory of matmul.wat, which is taken whole at the start: growing it later would cut the views off. */
export class Matrices {
  readonly #kernel: Kernel;
  #next: number;

  private constructor(kernel: Kernel, bytes: number) {
    this.#kernel = kernel;
    this.#next = allocate(kernel.memory, bytes);
  }

  static async create(bytes: number): Promise<Matrices> {
    const instance = await assemble(new URL("./matmul.wat", import.meta.url));
    // The file's own exports.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return new Matrices(instance() as Kernel, bytes);
  }

  /** Room for so many rows, up to a multiple of four. Throws when the memory is used up. */
  matrix(rows: number, columns: number): Matrix {
    return { columns, ...this.#take(upTo(rows, rowsAtOnce) * columns) };
  }

  panels(rows: number, columns: number): Panels {
    return { rows, columns, ...this.#take(rows * upTo(columns, panelColumns)) };
  }

  /**
   * The product of the first `rows` rows of a (its columns from `column` on) and of b, into c (its columns from `column` on).
   * What stands in the rows up to the next multiple of four is used too, for nothing.
   */
  multiply(a: Part, rows: number, b: Panels, c: Part): void {
    this.#kernel.multiply(
      a.matrix.address + (a.column ?? 0) * floatBytes,
      a.matrix.columns * floatBytes,
      upTo(rows, rowsAtOnce),
      b.rows,
      b.address,
      Math.ceil(b.columns / panelColumns),
      c.matrix.address + (c.column ?? 0) * floatBytes,
      c.matrix.columns * floatBytes,
    );
  }

  #take(length: number): { readonly address: number; readonly values: Float32Array } {
    const address = this.#next;
    const values = new Float32Array(this.#kernel.memory.buffer, address, length);
    this.#next += values.byteLength;
    return { address, values };
  }
}

/** Lays values out as panels in the room of some, and says what they are then; columns that are missing are zero. */
export function pack(room: Panels, source: Float32Array, layout: Layout): Panels {
  const { rows, columns, offset = 0, rowStride, columnStride } = layout;
  const { values } = room;
  let to = 0;
  for (let panel = 0; panel < columns; panel += panelColumns)
    for (let row = 0; row < rows; row += 1) {
      const from = offset + row * rowStride;
      for (let column = panel; column < panel + panelColumns; column += 1, to += 1)
        values[to] = column < columns ? (source[from + column * columnStride] ?? 0) : 0;
    }
  return { ...room, rows, columns };
}

function upTo(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}
