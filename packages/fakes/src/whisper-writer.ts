/**
 * A model as whisper.cpp reads it (`whisper_model_load`), made so that it hears the same sentence in every sound: all matrices
 * are zero but that of the tokens, and each position of the text points at the next token. It proves pipes and formats, and
 * says nothing of recognition. Multilingual, four layers (whisper.cpp knows models by their number), 9 MB.
 */
export const toySentence = " this is a fixed test sentence that the toy model always says for any sound";

const magic = 0x67_67_6d_6c;
const vocabulary = 51_865;
const textVocabulary = 50_257;
const width = 64;
const layers = 4;
const audioPositions = 1_500;
const textPositions = 448;
const mels = 80;
const frequencies = 201;

/** Tokens of Whisper's multilingual vocabulary. */
const token = { space: 220, end: 50_257, english: 50_259, transcribe: 50_359, begin: 50_364 } as const;
/** The tokens of the sentence begin here. */
const firstWord = 1_000;
/** Two seconds, in steps of 20 ms. */
const endStep = 100;
/** 10 as a 16-bit float: how much a token's own direction counts. */
const ten16 = 0x4900;

/** The bytes of the model. */
export function toyWhisperBytes(): Buffer {
  const words = toySentence.split(/(?= )/);
  return Buffer.concat([
    ints(magic, vocabulary, audioPositions, width, 1, layers, textPositions, width, 1, layers, mels, 1),
    ints(mels, frequencies),
    floats(new Float32Array(mels * frequencies).fill(0.001)),
    vocabularyBytes(words),
    ...outerTensors(words),
    ...(["encoder", "decoder"] as const).flatMap((side) =>
      Array.from({ length: layers }, (_, i) => layerTensors(side, i)).flat(),
    ),
  ]);
}

function vocabularyBytes(words: readonly string[]): Buffer {
  // Timestamps are looked up between words: the token of a single space must be one.
  const known = new Map([[token.space, " "], ...words.map((word, i) => [firstWord + i, word] as const)]);
  const texts = Array.from({ length: textVocabulary }, (_, i) => Buffer.from(known.get(i) ?? ` w${i}`));
  return Buffer.concat([ints(textVocabulary), ...texts.flatMap((text) => [ints(text.length), text])]);
}

/** What each position of the text says next, beginning with the three tokens of the prompt. */
function nextTokens(words: readonly string[]): ReadonlyMap<number, number> {
  return new Map([
    [0, token.english],
    [1, token.transcribe],
    [2, token.begin],
    ...words.map((_, i) => [3 + i, firstWord + i] as const),
    [3 + words.length, token.begin + endStep],
  ]);
}

function outerTensors(words: readonly string[]): Buffer[] {
  const next = nextTokens(words);
  const directions = new Map([...new Set([...next.values(), token.end])].map((id, i) => [id, i]));
  return [
    tensor32("encoder.positional_embedding", [width, audioPositions]),
    tensor16("encoder.conv1.weight", [3, mels, width]),
    tensor32("encoder.conv1.bias", [1, width]),
    tensor16("encoder.conv2.weight", [3, width, width]),
    tensor32("encoder.conv2.bias", [1, width]),
    ...norm("encoder.ln_post"),
    tensor32("decoder.positional_embedding", [width, textPositions], (a) => {
      for (let at = 0; at < textPositions; at += 1)
        a[at * width + (directions.get(next.get(at) ?? token.end) ?? 0)] = 100;
    }),
    tensor16("decoder.token_embedding.weight", [width, vocabulary], (a) => {
      for (const [id, direction] of directions) a[id * width + direction] = ten16;
    }),
    ...norm("decoder.ln"),
  ];
}

function layerTensors(side: "encoder" | "decoder", index: number): Buffer[] {
  const at = `${side}.blocks.${index}`;
  return [
    ...norm(`${at}.mlp_ln`),
    tensor16(`${at}.mlp.0.weight`, [width, 4 * width]),
    tensor32(`${at}.mlp.0.bias`, [4 * width]),
    tensor16(`${at}.mlp.2.weight`, [4 * width, width]),
    tensor32(`${at}.mlp.2.bias`, [width]),
    ...attention(`${at}.attn`),
    ...(side === "decoder" ? attention(`${at}.cross_attn`) : []),
  ];
}

function attention(at: string): Buffer[] {
  return [
    ...norm(`${at}_ln`),
    ...["query", "key", "value", "out"].flatMap((name) => [
      tensor16(`${at}.${name}.weight`, [width, width]),
      ...(name === "key" ? [] : [tensor32(`${at}.${name}.bias`, [width])]),
    ]),
  ];
}

function norm(at: string): Buffer[] {
  return [tensor32(`${at}.weight`, [width], (a) => a.fill(1)), tensor32(`${at}.bias`, [width])];
}

function tensor32(name: string, sizes: readonly number[], fill?: (a: Float32Array) => void): Buffer {
  const data = new Float32Array(product(sizes));
  fill?.(data);
  return Buffer.concat([tensorHead(name, sizes, 0), floats(data)]);
}

function tensor16(name: string, sizes: readonly number[], fill?: (a: Uint16Array) => void): Buffer {
  const data = new Uint16Array(product(sizes));
  fill?.(data);
  return Buffer.concat([tensorHead(name, sizes, 1), Buffer.from(data.buffer)]);
}

/** The type is 0 for 32-bit floats and 1 for 16-bit ones. */
function tensorHead(name: string, sizes: readonly number[], type: 0 | 1): Buffer {
  return Buffer.concat([ints(sizes.length, name.length, type, ...sizes), Buffer.from(name)]);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** Little-endian, as every machine that whisper.cpp runs on is. */
function ints(...values: readonly number[]): Buffer {
  return Buffer.from(Int32Array.from(values).buffer);
}

function floats(values: Float32Array): Buffer {
  return Buffer.from(values.buffer);
}
