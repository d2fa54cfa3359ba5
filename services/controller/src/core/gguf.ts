/**
 * Reads the header of a GGUF file (ggml/docs/gguf.md, versions 2 and 3). The bytes are hostile: every
 * count and length is checked against what is there before it is used, and nothing is allocated from it.
 */
export type GgufHeader = {
  readonly architecture: string;
  /** Longest context the model was trained for, in tokens; 0 when the file does not say. */
  readonly contextTokens: number;
  readonly layers: number;
  readonly embeddingLength: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Length of a key and of a value vector per head. */
  readonly keyLength: number;
  readonly valueLength: number;
  /** True for models that only embed (a pooling type, or an encoder architecture). */
  readonly isEmbedding: boolean;
  /** Whether the file says how token vectors become one (`pooling_type`). */
  readonly hasPooling: boolean;
  /** Whether the last token's vector is the text's. */
  readonly poolsLast: boolean;
  /** False for encoders that llama.cpp gives no key-value cache (`llama_model::create_memory`). */
  readonly hasCache: boolean;
  /** How many bytes the file must have at least for its last tensor to be complete. */
  readonly neededBytes: number;
};

export type GgufResult =
  | { readonly kind: "ok"; readonly header: GgufHeader }
  /** The header is longer than the bytes given. */
  | { readonly kind: "more" }
  | { readonly kind: "bad"; readonly reason: string };

const maxKeyValues = 65_536;
const maxTensors = 1_048_576;
const maxDimensions = 4;
const maxNesting = 2;

export function parseGguf(bytes: Uint8Array): GgufResult {
  const cursor = new Cursor(bytes);
  try {
    return { kind: "ok", header: readHeader(cursor) };
  } catch (error) {
    if (error instanceof OutOfBytes) return { kind: "more" };
    if (error instanceof BadGguf) return { kind: "bad", reason: error.message };
    throw error;
  }
}

class OutOfBytes extends Error {}
class BadGguf extends Error {}

class Cursor {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skip(byteCount: number): number {
    const from = this.at;
    if (from + byteCount > this.#bytes.length) throw new OutOfBytes();
    this.at += byteCount;
    return from;
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** A 64-bit count or offset, refused when it is beyond what a file can hold. */
  count(what: string, limit: number): number {
    const value = this.#view.getBigUint64(this.skip(8), true);
    if (value > BigInt(limit)) throw new BadGguf(`${what} is ${value}, more than ${limit}`);
    return Number(value);
  }

  number(size: 1 | 2 | 4 | 8, isSigned: boolean): number {
    const at = this.skip(size);
    if (size === 1) return isSigned ? this.#view.getInt8(at) : this.#view.getUint8(at);
    if (size === 2) return isSigned ? this.#view.getInt16(at, true) : this.#view.getUint16(at, true);
    if (size === 4) return isSigned ? this.#view.getInt32(at, true) : this.#view.getUint32(at, true);
    return Number(isSigned ? this.#view.getBigInt64(at, true) : this.#view.getBigUint64(at, true));
  }

  text(longest: number): string {
    const length = this.count("a string's length", longest);
    const from = this.skip(length);
    return new TextDecoder().decode(this.#bytes.subarray(from, from + length));
  }
}

/** Longest string that is skipped or read, in bytes: chat templates are tens of kB. */
const longestText = 16 * 1024 * 1024;

/** Bytes of the fixed-size value types, by their number in the specification. 8 is string, 9 array. */
const valueBytes: ReadonlyMap<number, 1 | 2 | 4 | 8> = new Map<number, 1 | 2 | 4 | 8>([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
]);
const signedTypes = new Set([1, 3, 5, 11]);
const floatTypes = new Set([6, 12]);

type Value = number | string | undefined;

function readValue(c: Cursor, type: number, depth: number): Value {
  if (type === 8) return c.text(longestText);
  if (type === 9) return skipArray(c, depth);
  const size = valueBytes.get(type);
  if (size === undefined) throw new BadGguf(`a value has the unknown type ${type}`);
  if (!floatTypes.has(type)) return c.number(size, signedTypes.has(type));
  c.skip(size);
  return undefined;
}

/** Arrays are vocabularies and the like: skipped, but for the first number (per-layer head counts). */
function skipArray(c: Cursor, depth: number): Value {
  if (depth >= maxNesting) throw new BadGguf("arrays are nested too deep");
  const type = c.u32();
  const length = c.count("an array's length", Number.MAX_SAFE_INTEGER);
  const size = valueBytes.get(type);
  let largest: Value;
  if (size !== undefined && length > 4_096) {
    c.skip(size * length);
    return undefined;
  }
  for (let i = 0; i < length; i++) {
    // A vocabulary has hundreds of thousands of strings: decoding them would hold up everything else.
    if (type === 8) c.skip(c.count("a string's length", longestText));
    const value = type === 8 ? undefined : readValue(c, type, depth + 1);
    if (typeof value === "number") largest = Math.max(typeof largest === "number" ? largest : value, value);
  }
  return largest;
}

function readHeader(c: Cursor): GgufHeader {
  if (c.u32() !== 0x46554747) throw new BadGguf("it does not start with the letters GGUF");
  const version = c.u32();
  if (version !== 2 && version !== 3) throw new BadGguf(`its GGUF version is ${version}; 2 and 3 are known`);
  const tensors = c.count("the number of tensors", maxTensors);
  const keyValues = c.count("the number of properties", maxKeyValues);
  const properties = new Map<string, Value>();
  for (let i = 0; i < keyValues; i++) properties.set(c.text(65_535), readValue(c, c.u32(), 0));
  const alignment = numberOf(properties, "general.alignment") || 32;
  if (alignment > 1_048_576) throw new BadGguf(`its alignment is ${alignment}`);
  const dataBytes = readTensors(c, tensors);
  return describe(properties, Math.ceil(c.at / alignment) * alignment + dataBytes);
}

/** Elements per block and bytes per block of the tensor types (ggml.h, `ggml_type`). */
const blocks: ReadonlyMap<number, readonly [elements: number, bytes: number]> = new Map([
  [0, [1, 4]],
  [1, [1, 2]],
  [2, [32, 18]],
  [3, [32, 20]],
  [6, [32, 22]],
  [7, [32, 24]],
  [8, [32, 34]],
  [9, [32, 36]],
  [10, [256, 84]],
  [11, [256, 110]],
  [12, [256, 144]],
  [13, [256, 176]],
  [14, [256, 210]],
  [15, [256, 292]],
  [16, [256, 66]],
  [17, [256, 74]],
  [18, [256, 98]],
  [19, [256, 50]],
  [20, [32, 18]],
  [21, [256, 110]],
  [22, [256, 82]],
  [23, [256, 136]],
  [24, [1, 1]],
  [25, [1, 2]],
  [26, [1, 4]],
  [27, [1, 8]],
  [28, [1, 8]],
  [29, [256, 56]],
  [30, [1, 2]],
  [39, [32, 17]],
] as const);

/** How many bytes of tensor data the file must hold: the furthest end of any tensor whose type is known. */
function readTensors(c: Cursor, tensors: number): number {
  let end = 0;
  for (let i = 0; i < tensors; i++) {
    const name = c.text(1_024);
    const dimensions = c.u32();
    if (dimensions > maxDimensions) throw new BadGguf(`tensor ${name} has ${dimensions} dimensions`);
    let elements = 1;
    for (let d = 0; d < dimensions; d++) elements *= c.count("a tensor's size", Number.MAX_SAFE_INTEGER);
    const [perBlock, bytesPerBlock] = blocks.get(c.u32()) ?? [1, 0];
    const offset = c.count("a tensor's offset", Number.MAX_SAFE_INTEGER);
    end = Math.max(end, offset + Math.ceil(elements / perBlock) * bytesPerBlock);
  }
  if (!Number.isSafeInteger(end)) throw new BadGguf("its tensors are larger than a file can be");
  return end;
}

/** `LLAMA_POOLING_TYPE_LAST` of llama.h. */
const lastPooling = 3;
const cacheless = /^(bert|nomic-bert|jina-bert|modern-bert|neo-bert)/;
const encoders = /^(bert|nomic-bert|jina-bert|modern-bert|neo-bert|t5encoder|gemma-embedding)/;

function describe(p: ReadonlyMap<string, Value>, neededBytes: number): GgufHeader {
  const architecture = p.get("general.architecture");
  if (typeof architecture !== "string" || architecture === "")
    throw new BadGguf("it does not name its architecture");
  if (architecture === "clip") throw new BadGguf("it is a projector for images, not a model of its own");
  const of = (key: string) => numberOf(p, `${architecture}.${key}`);
  const heads = of("attention.head_count");
  const embeddingLength = of("embedding_length");
  const perHead = heads > 0 ? embeddingLength / heads : 0;
  return {
    architecture,
    contextTokens: of("context_length"),
    layers: of("block_count"),
    embeddingLength,
    heads,
    kvHeads: of("attention.head_count_kv") || heads,
    keyLength: of("attention.key_length") || perHead,
    valueLength: of("attention.value_length") || perHead,
    isEmbedding: of("pooling_type") > 0 || encoders.test(architecture),
    hasPooling: of("pooling_type") > 0,
    poolsLast: of("pooling_type") === lastPooling,
    hasCache: !cacheless.test(architecture),
    neededBytes,
  };
}

function numberOf(p: ReadonlyMap<string, Value>, key: string): number {
  const value = p.get(key);
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}
