import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type FolderEntry, voiceModel } from "./voice-folder.ts";

function folder(
  name: string,
  files: Readonly<Record<string, number>> | readonly string[],
  description?: unknown,
) {
  const sized = Array.isArray(files)
    ? files.map((file: string) => [file, 100] as const)
    : Object.entries(files);
  const entries: FolderEntry[] = sized.map(([file, bytes]) => ({ name: file, bytes }));
  return voiceModel({ name, entries, ...(description !== undefined && { description }) });
}

describe("a voice's folder", () => {
  it("is a Piper voice, with its language and pronunciation of its own or the system's", () => {
    const files = ["en_US-amy-low.onnx", "en_US-amy-low.onnx.json", "tokens.txt", "MODEL_CARD"];
    const description = { language: { code: "en_GB" }, speaker_id_map: {}, num_speakers: 1 };
    expect(folder("amy", files, description)).toEqual({
      kind: "vits",
      files: { model: "en_US-amy-low.onnx", tokens: "tokens.txt" },
      lexicons: [],
      rules: "system",
      speakers: [{ name: "", at: 0, language: "en-GB" }],
    });
    expect(folder("vits-piper-de_DE-thorsten-low", [...files, "espeak-ng-data"])).toMatchObject({
      rules: "own",
      speakers: [{ language: "de-DE" }],
    });
  });

  it("has a voice for each speaker of a Piper model", () => {
    const description = { language: { code: "en_US" }, speaker_id_map: { p239: 1, p236: 0, odd: "x" } };
    expect(folder("vctk", ["vctk.onnx", "vctk.onnx.json", "tokens.txt"], description)).toMatchObject({
      speakers: [
        { name: "p236", at: 0, language: "en-US" },
        { name: "p239", at: 1, language: "en-US" },
      ],
    });
  });

  it("is VITS with a lexicon instead of rules", () => {
    const files = ["vits-ljs.onnx", "vits-ljs.int8.onnx", "tokens.txt", "lexicon.txt"];
    expect(folder("vits-ljs", files)).toMatchObject({
      files: { model: "vits-ljs.onnx" },
      lexicons: ["lexicon.txt"],
      rules: "none",
      speakers: [{ language: "und" }],
    });
  });

  it.for([
    [5_744_640, 11, "af", "bm_lewis"],
    [27_678_720, 48, "af_alloy", "zm_yunyang"],
    [53_790_720, 103, "0", "102"],
  ] as const)("is Kokoro, whose voices.bin of %i bytes holds %i voices", ([bytes, count, first, last]) => {
    const found = folder("kokoro-en-v0_19", {
      "model.onnx": 1,
      "voices.bin": bytes,
      "tokens.txt": 1,
      "espeak-ng-data": 0,
      "lexicon-us-en.txt": 1,
      "lexicon-gb-en.txt": 1,
      "lexicon-zh.txt": 1,
    });
    if ("problem" in found) throw new Error(found.problem);
    expect(found).toMatchObject({
      kind: "kokoro",
      lexicons: ["lexicon-us-en.txt", "lexicon-zh.txt"],
      rules: "own",
    });
    expect(found.speakers.map(({ name }) => name)).toHaveLength(count);
    expect([found.speakers[0]?.name, found.speakers.at(-1)?.name]).toEqual([first, last]);
  });

  it("knows sex, language and place of Kokoro's voices", () => {
    const found = folder("kokoro", { "model.int8.onnx": 1, "voices.bin": 27_678_720, "tokens.txt": 1 });
    if ("problem" in found) throw new Error(found.problem);
    expect(found.speakers.find(({ name }) => name === "pm_santa")).toEqual({
      name: "pm_santa",
      at: 44,
      language: "pt-BR",
      gender: "male",
    });
    expect(found.speakers.some(({ name }) => name.startsWith("j"))).toBe(false);
  });

  it("is Kitten when it is called so", () => {
    const found = folder("kitten-nano-en-v0_1-fp16", {
      "model.fp16.onnx": 1,
      "voices.bin": 8_192,
      "tokens.txt": 1,
    });
    if ("problem" in found) throw new Error(found.problem);
    expect(found).toMatchObject({ kind: "kitten", files: { model: "model.fp16.onnx" } });
    expect(found.speakers.map(({ name, gender }) => `${name} ${gender}`)).toEqual(
      [2, 3, 4, 5].flatMap((n) => [`expr-voice-${n}-m male`, `expr-voice-${n}-f female`]),
    );
  });

  it("is Matcha with its vocoder, of several models the one of most steps", () => {
    const files = ["model-steps-3.onnx", "model-steps-6.onnx", "tokens.txt", "espeak-ng-data"];
    expect(folder("matcha-icefall-en_US-ljspeech", [...files, "vocos-22khz-univ.onnx"])).toMatchObject({
      kind: "matcha",
      files: { acousticModel: "model-steps-6.onnx", vocoder: "vocos-22khz-univ.onnx", tokens: "tokens.txt" },
      rules: "own",
      speakers: [{ language: "en-US" }],
    });
    expect(folder("matcha", files)).toEqual({ problem: expect.stringContaining("no vocoder") });
  });

  it.for([
    ["no model", [], /no .onnx/u],
    ["no tokens", ["a.onnx"], /no tokens.txt$/u],
    ["Piper's own form", ["a.onnx", "a.onnx.json"], /voices pull/u],
    ["an empty voices.bin", ["model.onnx", "tokens.txt", "voices.bin"], /holds no voice/u],
  ] as const)("tells why it cannot be used: %s", ([, files, problem]) => {
    expect(folder("broken", files)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it("is told from any listing and description without failing", () => {
    const file = fc.constantFrom(
      "a.onnx",
      "model-steps-3.onnx",
      "hifigan.onnx",
      "tokens.txt",
      "voices.bin",
      "lexicon.txt",
    );
    fc.assert(
      fc.property(fc.string(), fc.uniqueArray(file), fc.jsonValue(), (name, files, description) => {
        const found = folder(name, files, { language: { code: name }, speaker_id_map: description });
        expect("problem" in found || found.speakers.every(({ language }) => language !== "")).toBe(true);
      }),
    );
  });
});
