/**
 * Reads the beginning of a Whisper model as whisper.cpp has it (`whisper_model_load`): the magic number, then eleven 32-bit
 * integers. The bytes are hostile: each number must be one that a model could have.
 */
export type WhisperHeader = {
  readonly isMultilingual: boolean;
  /** Longest text of one window of 30 s, in tokens. */
  readonly textTokens: number;
  /** What its matrices take at 16 bits a number, in bytes, however they lie in the file. */
  readonly halfPrecisionBytes: number;
  /** How many bytes the file must have at least: its matrices, without vocabulary, biases and norms. */
  readonly neededBytes: number;
};

export type WhisperResult =
  | { readonly kind: "ok"; readonly header: WhisperHeader }
  | { readonly kind: "bad"; readonly reason: string };

export const whisperHeaderBytes = 48;

/** "ggml" as a little-endian number. */
const magic = 0x67_67_6d_6c;

/** From this many tokens on the vocabulary has languages (`whisper_is_multilingual`). */
const multilingualVocabulary = 51_865;

/** Bits of a number in a matrix, by the file's type (ggml.h, `ggml_ftype`). */
const bitsOf: ReadonlyMap<number, number> = new Map([
  [0, 32],
  [1, 16],
  [2, 4.5],
  [3, 5],
  [7, 8.5],
  [8, 5.5],
  [9, 6],
  [10, 2.625],
  [11, 3.4375],
  [12, 4.5],
  [13, 5.5],
  [14, 6.5625],
]);
/** The type is written with the version of the quantisation times this (`GGML_QNT_VERSION_FACTOR`). */
const versionFactor = 1_000;

/** Whether a file that begins so may be one: models of other kinds begin so as well. */
export function hasGgmlMagic(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === magic;
}

export function parseWhisper(bytes: Uint8Array): WhisperResult {
  if (bytes.length < whisperHeaderBytes) return bad("it ends inside its header; pull it again");
  if (!hasGgmlMagic(bytes)) return bad("it does not start with the letters of ggml");
  const view = viewOf(bytes);
  const sizes = readSizes(view);
  for (const [name, max] of largest)
    if (sizes[name] < 1 || sizes[name] > max)
      return bad(`it is no Whisper model: its ${name} is ${sizes[name]}`);
  const type = view.getInt32(44, true) % versionFactor;
  const bits = bitsOf.get(type);
  if (bits === undefined) return bad(`its numbers are of the unknown type ${type}`);
  return { kind: "ok", header: describe(sizes, bits) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bad(reason: string): WhisperResult {
  return { kind: "bad", reason };
}

/** By the names that whisper.cpp has for them; the numbers of heads change nothing here. */
function readSizes(view: DataView) {
  const at = (index: number) => view.getInt32(4 + index * 4, true);
  return {
    n_vocab: at(0),
    n_audio_ctx: at(1),
    n_audio_state: at(2),
    n_audio_layer: at(4),
    n_text_ctx: at(5),
    n_text_state: at(6),
    n_text_layer: at(8),
    n_mels: at(9),
  };
}
type Sizes = ReturnType<typeof readSizes>;

/** The largest values that are believed. */
const largest: readonly (readonly [keyof Sizes, number])[] = [
  ["n_vocab", 1_000_000],
  ["n_audio_ctx", 100_000],
  ["n_audio_state", 16_384],
  ["n_audio_layer", 1_024],
  ["n_text_ctx", 100_000],
  ["n_text_state", 16_384],
  ["n_text_layer", 1_024],
  ["n_mels", 1_024],
];

function describe(s: Sizes, bits: number): WhisperHeader {
  const numbers = matrixNumbers(s);
  const positions = s.n_audio_state * s.n_audio_ctx + s.n_text_state * s.n_text_ctx;
  return {
    isMultilingual: s.n_vocab >= multilingualVocabulary,
    textTokens: s.n_text_ctx,
    halfPrecisionBytes: numbers * 2,
    neededBytes: Math.floor((numbers * bits) / 8) + positions * 4,
  };
}

/** A layer has four square matrices for each attention, and eight for the two of its perceptron; the decoder attends twice. */
function matrixNumbers(s: Sizes): number {
  const convolutions = 3 * s.n_mels * s.n_audio_state + 3 * s.n_audio_state ** 2;
  const encoder = s.n_audio_layer * 12 * s.n_audio_state ** 2;
  const decoder = s.n_vocab * s.n_text_state + s.n_text_layer * 16 * s.n_text_state ** 2;
  return convolutions + encoder + decoder;
}
