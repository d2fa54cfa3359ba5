import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { toyWhisperBytes } from "@benchai/fakes/whisper-writer";

import { estimateWhisperMiB } from "./memory.ts";
import { hasGgmlMagic, parseWhisper, type WhisperHeader } from "./whisper-header.ts";

/** The beginning of a model with these sizes. */
function start(vocabulary: number, width: number, layers: readonly [number, number], mels = 80, type = 1) {
  const [audio, text] = layers;
  const ints = [0x67676d6c, vocabulary, 1_500, width, 8, audio, 448, width, 8, text, mels, type];
  return Buffer.from(Int32Array.from(ints).buffer);
}

function headerOf(bytes: Uint8Array): WhisperHeader {
  const result = parseWhisper(bytes);
  if (result.kind === "bad") throw new Error(result.reason);
  return result.header;
}
const reasonOf = (bytes: Uint8Array) => {
  const result = parseWhisper(bytes);
  return result.kind === "bad" ? result.reason : undefined;
};

/** Files of whisper.cpp's collection, with their sizes there, in bytes. */
const known = [
  ["tiny", start(51_865, 384, [4, 4]), 77_691_713],
  ["base.en", start(51_864, 512, [6, 6]), 147_964_211],
  ["small", start(51_865, 768, [12, 12]), 487_601_967],
  ["medium", start(51_865, 1_024, [24, 24]), 1_533_763_059],
  ["large-v3", start(51_866, 1_280, [32, 32], 128), 3_095_033_483],
  ["large-v3-turbo-q5_0", start(51_866, 1_280, [32, 4], 128, 2_008), 574_041_195],
  ["tiny.en-q5_1", start(51_864, 384, [4, 4], 80, 2_009), 32_166_155],
] as const;

test.each(known)("what %s needs at least is all but a small part of its file", (_name, bytes, sizeBytes) => {
  const { neededBytes } = headerOf(bytes);
  expect(neededBytes / sizeBytes).toBeGreaterThan(0.95);
  expect(neededBytes).toBeLessThan(sizeBytes);
});

// whisper.cpp, README, "Memory usage", in MB.
test.each([
  ["tiny", 273],
  ["small", 852],
  ["medium", 2_100],
  ["large-v3", 3_900],
])("the estimate for %s is no less than %i MB and not much more", (name, usedMB) => {
  const [, bytes, sizeBytes] = known.find(([n]) => n === name) ?? known[0];
  const estimate = estimateWhisperMiB(sizeBytes, headerOf(bytes));
  expect(estimate).toBeGreaterThan(usedMB * 0.95);
  expect(estimate).toBeLessThan(usedMB * 1.3);
});

test("a quantised model's buffers are as large as those of the whole one", () => {
  const whole = headerOf(start(51_865, 1_280, [32, 32]));
  const small = headerOf(start(51_865, 1_280, [32, 32], 80, 2_008));
  expect(small.halfPrecisionBytes).toBe(whole.halfPrecisionBytes);
  expect(small.neededBytes).toBeLessThan(whole.neededBytes / 2);
});

test("a vocabulary of 51,865 tokens or more has languages", () => {
  expect(known.map(([, bytes]) => headerOf(bytes).isMultilingual)).toEqual([
    true,
    false,
    true,
    true,
    true,
    true,
    false,
  ]);
});

test("the toy model is one", () => {
  const bytes = toyWhisperBytes();
  const { neededBytes, isMultilingual, textTokens } = headerOf(bytes);
  expect({ isMultilingual, textTokens }).toEqual({ isMultilingual: true, textTokens: 448 });
  expect(neededBytes / bytes.length).toBeGreaterThan(0.9);
  expect(neededBytes).toBeLessThan(bytes.length);
});

describe("what is none says why", () => {
  test.each<[string, Uint8Array, string]>([
    ["an empty file", Buffer.alloc(0), "it ends inside its header; pull it again"],
    ["a cut header", start(51_865, 384, [4, 4]).subarray(0, 47), "it ends inside its header; pull it again"],
    ["a web page", Buffer.from("<!DOCTYPE html>".padEnd(60)), "it does not start with the letters of ggml"],
    ["no layers", start(51_865, 384, [4, 0]), "it is no Whisper model: its n_text_layer is 0"],
    [
      "an absurd width",
      start(51_865, 1e9, [4, 4]),
      "it is no Whisper model: its n_audio_state is 1000000000",
    ],
    ["a type that is none", start(51_865, 384, [4, 4], 80, 99), "its numbers are of the unknown type 99"],
  ])("%s", (_what, bytes, expected) => {
    expect(reasonOf(bytes)).toBe(expected);
  });

  test("whatever the bytes are, the answer is a header or a reason", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, isMarked) => {
        if (isMarked && bytes.length >= 4) bytes.set(start(1, 1, [1, 1]).subarray(0, 4));
        const result = parseWhisper(bytes);
        if (result.kind === "ok") expect(Number.isSafeInteger(result.header.neededBytes)).toBe(true);
        else expect(result.reason).not.toBe("");
      }),
    );
  });
});

test("the magic number is the only thing that a file of another name is asked for", () => {
  expect(hasGgmlMagic(start(1, 1, [1, 1]))).toBe(true);
  expect(hasGgmlMagic(Buffer.from("lmg"))).toBe(false);
  expect(hasGgmlMagic(Buffer.from("ggml"))).toBe(false);
});
