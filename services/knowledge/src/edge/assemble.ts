import { readFileSync } from "node:fs";

import createWabt from "wabt";

// TypeScript has these only together with a browser's whole surface.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** A memory that grows in pages of 64 kB; growing gives it a new buffer and answers with the pages there were. */
export type WasmMemory = { readonly buffer: ArrayBuffer; grow(pages: number): number };

const pageBytes = 65_536;

/** Assembles a `.wat` file, which takes some 50 ms once; each instance has a memory of its own. */
export async function assemble(file: URL): Promise<() => unknown> {
  const wabt = await createWabt();
  const features = { simd: true, relaxed_simd: true };
  const assembled = wabt.parseWat(file.pathname, readFileSync(file, "utf8"), features);
  try {
    const module = new WebAssembly.Module(new Uint8Array(assembled.toBinary({}).buffer));
    return () => new WebAssembly.Instance(module).exports;
  } finally {
    assembled.destroy();
  }
}

/** The address of new bytes at the memory's end, which is a multiple of a page. */
export function allocate(memory: WasmMemory, bytes: number): number {
  return memory.grow(Math.ceil(bytes / pageBytes)) * pageBytes;
}
