import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { randomEncoderBytes } from "@benchai/fakes/gguf-encoder";
import { ggufBytes, type GgufProperty, randomModelBytes } from "@benchai/fakes/gguf-writer";

import { parseGguf } from "./gguf.ts";

const u32 = (value: number): GgufProperty => ({ type: "u32", value });
const word = (value: string): GgufProperty => ({ type: "string", value });
const architecture = { "general.architecture": word("llama") };
const row = { shape: [32], values: new Float32Array(32) };

function header(properties: Record<string, GgufProperty>) {
  const result = parseGguf(ggufBytes(properties, {}));
  if (result.kind !== "ok") throw new Error(JSON.stringify(result));
  return result.header;
}
function reason(bytes: Uint8Array): string {
  const result = parseGguf(bytes);
  return result.kind === "bad" ? result.reason : result.kind;
}

/** A header by hand: what follows `GGUF`, as 32-bit words or texts with 64-bit lengths. */
function raw(...parts: readonly (number | bigint | string)[]): Buffer {
  return Buffer.concat([
    Buffer.from("GGUF"),
    ...parts.map((p) => {
      if (typeof p === "string") return Buffer.concat([u64(BigInt(p.length)), Buffer.from(p)]);
      if (typeof p === "bigint") return u64(p);
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(p);
      return bytes;
    }),
  ]);
}
function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

describe("a GGUF header", () => {
  test("of a model that a real llama-server loads tells what the memory estimate needs", () => {
    const bytes = randomModelBytes({ seed: 1, contextTokens: 512, layers: 2 });
    expect(parseGguf(bytes)).toEqual({
      kind: "ok",
      header: {
        architecture: "llama",
        contextTokens: 512,
        layers: 2,
        embeddingLength: 64,
        heads: 4,
        kvHeads: 4,
        keyLength: 16,
        valueLength: 16,
        isEmbedding: false,
        hasPooling: false,
        poolsLast: false,
        hasCache: true,
        neededBytes: bytes.length,
      },
    });
  });

  test("of an encoder that a real llama-server loads tells that it has no cache", () => {
    const bytes = randomEncoderBytes({ seed: 1, contextTokens: 512 });
    expect(parseGguf(bytes)).toMatchObject({
      kind: "ok",
      header: {
        contextTokens: 512,
        isEmbedding: true,
        hasPooling: true,
        hasCache: false,
      },
    });
  });

  test("key and value lengths that are given win over those that follow from the heads", () => {
    const given = header({
      ...architecture,
      "llama.attention.head_count": u32(8),
      "llama.embedding_length": u32(64),
      "llama.attention.head_count_kv": u32(2),
      "llama.attention.key_length": u32(24),
      "llama.attention.value_length": u32(12),
    });
    expect(given).toMatchObject({ heads: 8, kvHeads: 2, keyLength: 24, valueLength: 12 });
  });

  test("head counts per layer count with the largest", () => {
    const perLayer: GgufProperty = { type: "array", of: "u32", values: [2, 8, 4] };
    expect(header({ ...architecture, "llama.attention.head_count_kv": perLayer }).kvHeads).toBe(8);
  });

  test("a pooling type or an encoder's architecture makes an embedding model", () => {
    const pooled = header({ ...architecture, "llama.pooling_type": u32(1) });
    expect(pooled).toMatchObject({ isEmbedding: true, hasPooling: true, poolsLast: false, hasCache: true });
    const last = header({ ...architecture, "llama.pooling_type": u32(3) });
    expect(last).toMatchObject({ isEmbedding: true, hasPooling: true, poolsLast: true });
    const bert = header({ "general.architecture": word("nomic-bert") });
    expect(bert).toMatchObject({ isEmbedding: true, hasPooling: false, hasCache: false });
    expect(header(architecture)).toMatchObject({ isEmbedding: false, hasPooling: false });
  });

  test("a number where a text belongs, or the reverse, counts as not given", () => {
    const odd = header({ ...architecture, "llama.block_count": word("many") });
    expect(odd.layers).toBe(0);
  });

  test("the needed size is the end of the furthest tensor", () => {
    const bytes = ggufBytes(architecture, { a: row, b: row });
    const result = parseGguf(bytes);
    expect(result.kind === "ok" && result.header.neededBytes).toBe(bytes.length);
  });
});

describe("what is no model file says why", () => {
  test.each<[string, Uint8Array, string]>([
    ["a web page", Buffer.from("<!DOCTYPE html><html>"), "it does not start with the letters GGUF"],
    ["version 1", raw(1, 0n, 0n), "its GGUF version is 1; 2 and 3 are known"],
    ["no architecture", ggufBytes({}, {}), "it does not name its architecture"],
    [
      "a projector",
      ggufBytes({ "general.architecture": word("clip") }, {}),
      "it is a projector for images, not a model of its own",
    ],
    ["too many tensors", raw(3, 2n ** 63n, 0n), `the number of tensors is ${2n ** 63n}, more than 1048576`],
    [
      "too many properties",
      raw(3, 0n, 2n ** 40n),
      `the number of properties is ${2n ** 40n}, more than 65536`,
    ],
    ["a text of an exabyte", raw(3, 0n, 1n, 2n ** 60n), `a string's length is ${2n ** 60n}, more than 65535`],
    ["an unknown type", raw(3, 0n, 1n, "key", 99), "a value has the unknown type 99"],
    [
      "arrays in arrays in arrays",
      raw(3, 0n, 1n, "key", 9, 9, 1n, 9, 1n, 9, 1n),
      "arrays are nested too deep",
    ],
    ["five dimensions", raw(3, 1n, 0n, "t", 5), "tensor t has 5 dimensions"],
    [
      "a tensor of 2^53 x 2^53",
      raw(3, 1n, 0n, "t", 2, 2n ** 53n - 1n, 2n ** 53n - 1n, 0, 0n),
      "its tensors are larger than a file can be",
    ],
  ])("%s", (_what, bytes, expected) => {
    expect(reason(bytes)).toBe(expected);
  });

  test(
    "an array that claims more elements than bytes asks for more bytes, at once",
    { tags: "clock" },
    () => {
      const startMs = performance.now();
      for (const type of [0, 4, 8, 10])
        expect(reason(raw(3, 0n, 1n, "key", 9, type, 2n ** 53n - 1n))).toBe("more");
      expect(performance.now() - startMs).toBeLessThan(200);
    },
  );

  test("a vocabulary of 200,000 tokens is read in a blink", { tags: "clock" }, () => {
    const tokens: GgufProperty = {
      type: "array",
      of: "string",
      values: Array.from({ length: 200_000 }, (_, i) => `token${i}`),
    };
    const bytes = ggufBytes({ ...architecture, "tokenizer.ggml.tokens": tokens }, {});
    const startMs = performance.now();
    expect(parseGguf(bytes).kind).toBe("ok");
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});

describe("D4: hostile bytes", () => {
  const words: GgufProperty = { type: "array", of: "string", values: ["a", "bc"] };
  const numbers: GgufProperty = { type: "array", of: "u32", values: [1, 2, 3] };
  const small = ggufBytes({ ...architecture, words, numbers, big: { type: "u64", value: 7 } }, { row });
  const headerLength = small.length - 128;

  test("a file that is cut anywhere in its header needs more bytes, and one cut after it is ok", () => {
    for (let length = 0; length < small.length; length++) {
      const { kind } = parseGguf(small.subarray(0, length));
      if (length < headerLength - 31) expect(kind).toBe("more");
      else if (length >= headerLength) expect(kind).toBe("ok");
    }
  });

  test("bytes that flip anywhere never make it throw", () => {
    const flips = fc.array(fc.tuple(fc.nat(headerLength - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(flips, (changes) => {
        const bytes = Buffer.from(small);
        for (const [at, value] of changes) bytes[at] = value;
        expect(["ok", "more", "bad"]).toContain(parseGguf(bytes).kind);
      }),
      { numRuns: 2_000 },
    );
  });

  test("any bytes after the magic never make it throw, and any sum they make is a number", () => {
    const some = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(some, fc.boolean(), (bytes, isPlausible) => {
        const start = isPlausible ? raw(3, 1n, 2n) : raw();
        const result = parseGguf(Buffer.concat([start, bytes]));
        if (result.kind === "ok") expect(Number.isFinite(result.header.neededBytes)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
