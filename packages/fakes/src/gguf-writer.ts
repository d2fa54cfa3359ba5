/**
 * Writes small GGUF files (ggml/docs/gguf.md, version 3) that a real llama-server loads: random weights from a seed
 * over a byte-level vocabulary. They answer with noise, which is enough to prove the pipes.
 */
import { writeFile } from "node:fs/promises";

/** The value types of the specification that are written here, by their numbers. */
const valueType = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9, u64: 10 } as const;
type ScalarType = Exclude<keyof typeof valueType, "array">;

/** One property: its type and value, or a list of one type. */
export type GgufProperty =
  | { readonly type: ScalarType; readonly value: number | string | boolean }
  | {
      readonly type: "array";
      readonly of: ScalarType;
      readonly values: readonly (number | string | boolean)[];
    };

/** A tensor of 32-bit floats; `shape` starts with the length of a row. */
export type GgufTensor = { readonly shape: readonly number[]; readonly values: Float32Array };

const alignment = 32;

/** A whole GGUF file of these properties and tensors. */
export function ggufBytes(
  properties: Readonly<Record<string, GgufProperty>>,
  tensors: Readonly<Record<string, GgufTensor>>,
): Buffer {
  const header: Buffer[] = [
    Buffer.from("GGUF"),
    u32(3),
    u64(Object.keys(tensors).length),
    u64(Object.keys(properties).length),
    ...Object.entries(properties).flatMap(([key, p]) => [text(key), property(p)]),
  ];
  const contents: Buffer[] = [];
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header.push(text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset));
    const bytes = padded(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    contents.push(bytes);
    offset += bytes.length;
  }
  return Buffer.concat([padded(Buffer.concat(header)), ...contents]);
}

function property(p: GgufProperty): Buffer {
  if (p.type !== "array") return Buffer.concat([u32(valueType[p.type]), scalar(p.type, p.value)]);
  const values = p.values.map((v) => scalar(p.of, v));
  return Buffer.concat([u32(valueType.array), u32(valueType[p.of]), u64(values.length), ...values]);
}

function scalar(type: ScalarType, value: number | string | boolean): Buffer {
  if (type === "string") return text(String(value));
  if (type === "bool") return Buffer.from([value ? 1 : 0]);
  if (type === "u64") return u64(Number(value));
  const bytes = Buffer.alloc(4);
  if (type === "f32") bytes.writeFloatLE(Number(value));
  else if (type === "i32") bytes.writeInt32LE(Number(value));
  else bytes.writeUInt32LE(Number(value));
  return bytes;
}

function u32(value: number): Buffer {
  return scalar("u32", value);
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function padded(bytes: Buffer): Buffer {
  const surplus = bytes.length % alignment;
  return surplus === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(alignment - surplus)]);
}

/** What a random model looks like. Equal values give equal bytes; every seed gives other weights. */
export type RandomModel = {
  readonly seed: number;
  /** `general.name`. */
  readonly name?: string;
  /** Longest context it says it was trained for, in tokens. */
  readonly contextTokens?: number;
  readonly layers?: number;
  /** A multiple of `heads`. */
  readonly embeddingLength?: number;
  readonly heads?: number;
};

const words = "the and to of a in is it you that he was for on are with as his they be at one have this from";
const characters = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'\"-:;()\n";

/** `<unk>`, `<s>`, `</s>`, the 256 bytes, then words and characters: a SentencePiece vocabulary with byte fallback. */
export function vocabulary() {
  const hex = (i: number) => i.toString(16).toUpperCase().padStart(2, "0");
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${hex(i)}>`);
  const pieces = [...words.split(" ").map((w) => `▁${w}`), ...characters.split("")];
  return {
    tokens: ["<unk>", "<s>", "</s>", ...bytes, ...pieces],
    scores: [0, 0, 0, ...bytes.map(() => 0), ...pieces.map((_, i) => -i - 1)],
    // llama.cpp's `llama_token_type`: 1 normal, 2 unknown, 3 control, 6 byte.
    types: [2, 3, 3, ...bytes.map(() => 6), ...pieces.map(() => 1)],
    firstPiece: 3 + bytes.length,
  };
}

/** The properties that tell of a vocabulary. */
export function tokenizer(v: ReturnType<typeof vocabulary>): Record<string, GgufProperty> {
  return {
    "tokenizer.ggml.model": { type: "string", value: "llama" },
    "tokenizer.ggml.tokens": { type: "array", of: "string", values: v.tokens },
    "tokenizer.ggml.scores": { type: "array", of: "f32", values: v.scores },
    "tokenizer.ggml.token_type": { type: "array", of: "i32", values: v.types },
    "tokenizer.ggml.bos_token_id": { type: "u32", value: 1 },
    "tokenizer.ggml.eos_token_id": { type: "u32", value: 2 },
    "tokenizer.ggml.unknown_token_id": { type: "u32", value: 0 },
    "tokenizer.ggml.add_bos_token": { type: "bool", value: true },
  };
}

/** A llama-architecture model with random weights, some hundred kB in size. */
export function randomModelBytes(model: RandomModel): Buffer {
  const { seed, name = `random-${seed}`, contextTokens = 256, layers = 1 } = model;
  const { embeddingLength: width = 64, heads = 4 } = model;
  const v = vocabulary();
  const properties: Record<string, GgufProperty> = {
    "general.architecture": { type: "string", value: "llama" },
    "general.name": { type: "string", value: name },
    "general.file_type": { type: "u32", value: 0 },
    "llama.context_length": { type: "u32", value: contextTokens },
    "llama.embedding_length": { type: "u32", value: width },
    "llama.block_count": { type: "u32", value: layers },
    "llama.feed_forward_length": { type: "u32", value: width * 2 },
    "llama.attention.head_count": { type: "u32", value: heads },
    "llama.attention.head_count_kv": { type: "u32", value: heads },
    "llama.rope.dimension_count": { type: "u32", value: width / heads },
    "llama.attention.layer_norm_rms_epsilon": { type: "f32", value: 1e-5 },
    "llama.vocab_size": { type: "u32", value: v.tokens.length },
    ...tokenizer(v),
    "tokenizer.chat_template": { type: "string", value: chatTemplate },
  };
  return ggufBytes(properties, randomTensors(seed, width, layers, [v.tokens.length, v.firstPiece]));
}

export async function writeRandomModel(path: string, model: RandomModel): Promise<void> {
  await writeFile(path, randomModelBytes(model));
}

const chatTemplate =
  "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

function randomTensors(
  seed: number,
  width: number,
  layers: number,
  [tokens, firstPiece]: readonly [number, number],
) {
  const random = gaussians(seed);
  const matrix = (row: number, rows: number, scale: number): GgufTensor => ({
    shape: [row, rows],
    values: Float32Array.from({ length: row * rows }, () => random() * scale),
  });
  const ones = { shape: [width], values: new Float32Array(width).fill(1) };
  const output = matrix(width, tokens, 0.3);
  // Bytes and control tokens stay improbable, so that what the model says is text and does not end at once.
  for (let i = 0; i < firstPiece * width; i++) output.values[i] = (output.values[i] ?? 0) * 0.05;
  const tensors: Record<string, GgufTensor> = {
    "token_embd.weight": matrix(width, tokens, 1),
    "output_norm.weight": ones,
    "output.weight": output,
  };
  const scale = 1 / Math.sqrt(width);
  for (let layer = 0; layer < layers; layer++) {
    const at = (part: string) => `blk.${layer}.${part}.weight`;
    for (const part of ["attn_q", "attn_k", "attn_v", "attn_output"])
      tensors[at(part)] = matrix(width, width, scale);
    tensors[at("ffn_gate")] = matrix(width, width * 2, scale);
    tensors[at("ffn_up")] = matrix(width, width * 2, scale);
    tensors[at("ffn_down")] = matrix(width * 2, width, scale);
    tensors[at("attn_norm")] = ones;
    tensors[at("ffn_norm")] = ones;
  }
  return tensors;
}

/** Normally distributed numbers from a seed: mulberry32 and the Box-Muller transform. */
export function gaussians(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform() || 1e-9)) * Math.cos(2 * Math.PI * uniform());
}
