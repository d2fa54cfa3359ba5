import { readFileSync } from "node:fs";

import createWabt from "wabt";

// TypeScript has these only together with a browser's whole surface.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  /** Its exports are what scan.wat says. */
  readonly Instance: new (module: object) => { readonly exports: Scan };
};

/** A memory that grows in pages of 64 kB; growing gives it a new buffer and answers with the pages there were. */
export type ScanMemory = { readonly buffer: ArrayBuffer; grow(pages: number): number };

/** The compiled scan.wat with a memory of its own; the addresses are bytes in that memory. */
export type Scan = {
  readonly memory: ScanMemory;
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

/** Assembles scan.wat, which takes some 50 ms once; an instance of it is one memory. */
export async function compileScan(): Promise<() => Scan> {
  const wabt = await createWabt();
  const source = readFileSync(new URL("./scan.wat", import.meta.url), "utf8");
  const assembled = wabt.parseWat("scan.wat", source, { simd: true });
  try {
    const module = new WebAssembly.Module(new Uint8Array(assembled.toBinary({}).buffer));
    return () => new WebAssembly.Instance(module).exports;
  } finally {
    assembled.destroy();
  }
}
