import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { elementType, node, onnxModel, tensor, value } from "./onnx-writer.ts";

const { float, int64 } = elementType;
const rateHz = 16_000;
/** 32 ms, of which there are two to a phoneme: Piper's models get a pad after each. */
const samplesPerToken = 512;
const symbols = Array.from(
  "_^$ !'(),-.:;?" +
    "abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢʲˈˌːˑ˞βθχᵻ0123456789",
);

/** Symbols with their numbers, as sherpa-onnx reads them. */
export const toyTokens = `${symbols.map((symbol, id) => `${symbol} ${id}`).join("\n")}\n`;

/**
 * A model in the form of Piper's voices whose every phoneme is a tone of its own: sherpa-onnx treats it like a real one, from
 * text over espeak's phonemes to samples, in less than 1 kB.
 */
export function toyModel(): Buffer {
  const constants = {
    tenHz: tensor("tenHz", float, [1], [10]),
    lowestHz: tensor("lowestHz", float, [1], [200]),
    perToken: tensor("perToken", float, [1], [samplesPerToken]),
    radians: tensor("radians", float, [1], [(2 * Math.PI) / rateHz]),
    gain: tensor("gain", float, [1], [0.3]),
    from: tensor("from", float, [], [0]),
    step: tensor("step", float, [], [1]),
    zero: tensor("zero", int64, [1], [0]),
    one: tensor("one", int64, [1], [1]),
    two: tensor("two", int64, [1], [2]),
    shape: tensor("shape", int64, [4], [1, 1, 1, -1]),
  };
  return onnxModel({
    nodes: [
      node("Cast", ["input"], "ids", { to: float }),
      node("Mul", ["ids", "tenHz"], "above"),
      node("Add", ["above", "lowestHz"], "hz"),
      node("Unsqueeze", ["hz", "two"], "columns"),
      // `scales` is noise, length (1 / speed), and noise of the length.
      node("Slice", ["scales", "one", "two", "zero"], "length"),
      node("Mul", ["length", "perToken"], "count"),
      node("Squeeze", ["count", "zero"], "until"),
      node("Range", ["from", "until", "step"], "at"),
      node("Mul", ["at", "radians"], "phase"),
      node("Mul", ["columns", "phase"], "angle"),
      node("Sin", ["angle"], "wave"),
      node("Mul", ["wave", "gain"], "softer"),
      node("Reshape", ["softer", "shape"], "output"),
    ],
    constants: Object.values(constants),
    inputs: [
      value("input", int64, ["batch", "phonemes"]),
      value("input_lengths", int64, ["batch"]),
      value("scales", float, [3]),
    ],
    outputs: [value("output", float, ["batch", "time", "depth", "samples"])],
    metadata: {
      model_type: "vits",
      comment: "piper",
      language: "English",
      voice: "en-us",
      has_espeak: 1,
      n_speakers: 1,
      sample_rate: rateHz,
    },
  });
}

/** Makes a voice's folder of the given files; what is not given is the toy's. */
export async function writeToyVoice(
  voicesDir: string,
  name: string,
  files: { readonly model?: Buffer; readonly tokens?: string; readonly description?: unknown } = {},
): Promise<void> {
  const { model = toyModel(), tokens = toyTokens, description = { language: { code: "en_US" } } } = files;
  const folder = join(voicesDir, name);
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, "model.onnx"), model),
    writeFile(join(folder, "tokens.txt"), tokens),
    writeFile(join(folder, "model.onnx.json"), JSON.stringify(description)),
  ]);
}
