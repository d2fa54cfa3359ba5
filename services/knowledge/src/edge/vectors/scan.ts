import { assemble, type WasmMemory } from "../assemble.ts";

/** The compiled scan.wat with a memory of its own; the addresses are bytes in that memory. */
export type Scan = {
  readonly memory: WasmMemory;
  readonly scan: (
    ...addresses: readonly [
      row: number,
      count: number,
      dimensions: number,
      query: number,
      scale: number,
      score: number,
    ]
  ) => void;
};

export async function compileScan(): Promise<() => Scan> {
  const instance = await assemble(new URL("./scan.wat", import.meta.url));
  // The file's own exports.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return () => instance() as Scan;
}
