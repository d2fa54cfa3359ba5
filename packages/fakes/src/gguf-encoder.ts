import {
  gaussians,
  ggufBytes,
  type GgufProperty,
  type GgufTensor,
  tokenizer,
  vocabulary,
} from "./gguf-writer.ts";

/** What a random encoder looks like; `contextTokens` is the longest input it can take. */
export type RandomEncoder = { readonly seed: number; readonly contextTokens: number };

const width = 64;
const heads = 4;

/**
 * A BERT with random weights and a head that ranks: a real llama-server embeds and ranks with it. As every encoder it must see
 * an input whole, in one physical batch.
 */
export function randomEncoderBytes({ seed, contextTokens }: RandomEncoder): Buffer {
  const v = vocabulary();
  const properties: Record<string, GgufProperty> = {
    "general.architecture": { type: "string", value: "bert" },
    "general.name": { type: "string", value: `random-encoder-${seed}` },
    "general.file_type": { type: "u32", value: 0 },
    "bert.context_length": { type: "u32", value: contextTokens },
    "bert.embedding_length": { type: "u32", value: width },
    "bert.block_count": { type: "u32", value: 1 },
    "bert.feed_forward_length": { type: "u32", value: width * 2 },
    "bert.attention.head_count": { type: "u32", value: heads },
    "bert.attention.layer_norm_epsilon": { type: "f32", value: 1e-12 },
    "bert.attention.causal": { type: "bool", value: false },
    // The mean.
    "bert.pooling_type": { type: "u32", value: 1 },
    "tokenizer.ggml.token_type_count": { type: "u32", value: 2 },
    ...tokenizer(v),
  };
  return ggufBytes(properties, encoderTensors(seed, v.tokens.length, contextTokens));
}

function encoderTensors(seed: number, tokens: number, contextTokens: number): Record<string, GgufTensor> {
  const random = gaussians(seed);
  const matrix = (row: number, rows: number, scale = 1 / Math.sqrt(row)): GgufTensor => ({
    shape: [row, rows],
    values: Float32Array.from({ length: row * rows }, () => random() * scale),
  });
  const linear = (name: string, row: number, rows: number) => ({
    [`${name}.weight`]: matrix(row, rows),
    [`${name}.bias`]: { shape: [rows], values: new Float32Array(rows) },
  });
  const norm = (name: string) => ({
    [`${name}.weight`]: { shape: [width], values: new Float32Array(width).fill(1) },
    [`${name}.bias`]: { shape: [width], values: new Float32Array(width) },
  });
  const square = (name: string) => linear(name, width, width);
  return {
    "token_embd.weight": matrix(width, tokens, 1),
    "token_types.weight": matrix(width, 2, 0.02),
    "position_embd.weight": matrix(width, contextTokens, 0.02),
    ...norm("token_embd_norm"),
    ...square("blk.0.attn_q"),
    ...square("blk.0.attn_k"),
    ...square("blk.0.attn_v"),
    ...square("blk.0.attn_output"),
    ...norm("blk.0.attn_output_norm"),
    ...linear("blk.0.ffn_up", width, width * 2),
    ...linear("blk.0.ffn_down", width * 2, width),
    ...norm("blk.0.layer_output_norm"),
    ...square("cls"),
    ...linear("cls.output", width, 1),
  };
}
