import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { transcriptionModel } from "./transcription-model.ts";
import { type FormFields, readTranscriptionRequest } from "./transcription-request.ts";
import { whisperLanguage } from "./whisper-languages.ts";

const read = (...fields: FormFields) => readTranscriptionRequest("transcribe", fields);

function refusal(...fields: FormFields): string {
  try {
    read(...fields);
    return "taken";
  } catch (error) {
    return error instanceof AppError ? `${error.code} ${error.param}` : "thrown";
  }
}

test("nothing said is JSON of whatever language by whatever model", () => {
  expect(read()).toEqual({
    task: "transcribe",
    model: undefined,
    language: undefined,
    prompt: undefined,
    format: "json",
    temperature: undefined,
    granularities: [],
    isStream: false,
  });
});

test("everything said is taken, and what only OpenAI's other models know is passed over", () => {
  expect(
    read(
      ["model", "whisper-1"],
      ["language", "de"],
      ["prompt", "Names: Ada."],
      ["response_format", "verbose_json"],
      ["temperature", "0.2"],
      ["timestamp_granularities[]", "word"],
      ["timestamp_granularities[]", "segment"],
      ["stream", "false"],
      ["include[]", "logprobs"],
      ["chunking_strategy", "auto"],
    ),
  ).toEqual({
    task: "transcribe",
    model: "whisper-1",
    language: "de",
    prompt: "Names: Ada.",
    format: "verbose_json",
    temperature: 0.2,
    granularities: ["word", "segment"],
    isStream: false,
  });
});

test.each<[string, FormFields, string]>([
  ["a format that is none", [["response_format", "diarized_json"]], "invalid_request response_format"],
  ["a temperature beyond 1", [["temperature", "1.1"]], "invalid_request temperature"],
  ["a temperature that is no number", [["temperature", "warm"]], "invalid_request temperature"],
  ["a language that is none", [["language", "xx"]], "invalid_request language"],
  [
    "a granularity that is none",
    [["timestamp_granularities[]", "letter"]],
    "invalid_request timestamp_granularities[]",
  ],
  [
    "granularities without room for them",
    [["timestamp_granularities[]", "word"]],
    "invalid_request timestamp_granularities[]",
  ],
  [
    "a stream of subtitles",
    [
      ["stream", "true"],
      ["response_format", "srt"],
    ],
    "invalid_request stream",
  ],
  ["a stream that is neither", [["stream", "yes"]], "invalid_request stream"],
  ["a prompt of a book", [["prompt", "x".repeat(8_193)]], "invalid_request prompt"],
  ["a model's name of a page", [["model", "x".repeat(201)]], "invalid_request model"],
])("%s is refused by name", (_what, fields, expected) => {
  expect(refusal(...fields)).toBe(expected);
});

test("a language is known by code, name and tag, and `auto` is none", () => {
  const known = ["en", "EN", "English", "de-AT", "zh_CN", "yue", "haitian creole"].map(whisperLanguage);
  expect(known).toEqual(["en", "en", "en", "de", "zh", "yue", "ht"]);
  expect(read(["language", "auto"]).language).toBeUndefined();
});

test("no field is trusted", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 6 }), (fields) => {
      expect(refusal(...fields)).not.toBe("thrown");
    }),
  );
});

describe("which model is asked", () => {
  const cards = [
    { id: "ggml-broken", state: "invalid" },
    { id: "ggml-base", state: "unloaded" },
    { id: "ggml-small", state: "ready" },
    { id: "speech", state: "unloaded" },
  ];
  const choose = (asked: string | undefined, preferred = "", there = cards) => {
    try {
      return transcriptionModel(asked, there, preferred);
    } catch (error) {
      return error instanceof AppError ? `${error.code}: ${error.message}` : "thrown";
    }
  };

  test("its own name or alias leads to a model", () => {
    expect([choose("ggml-base"), choose("speech", "ggml-small")]).toEqual(["ggml-base", "speech"]);
  });

  test("OpenAI's names, and none, lead to the preferred one, a loaded one, or the first that can work", () => {
    expect([choose("whisper-1"), choose(undefined), choose("whisper-1", "speech")]).toEqual([
      "ggml-small",
      "ggml-small",
      "speech",
    ]);
    expect(choose("whisper-1", "", cards.slice(0, 2))).toBe("ggml-base");
  });

  test("a model of that very name is itself", () => {
    expect(choose("whisper-1", "speech", [...cards, { id: "whisper-1", state: "unloaded" }])).toBe(
      "whisper-1",
    );
  });

  test("an unknown name says what there is, and no model at all what to do", () => {
    expect(choose("gpt-5")).toBe(
      'model_not_found: "gpt-5" is no model of kind transcription that can be used; there are ggml-broken, ggml-base, ggml-small, speech',
    );
    expect(choose("whisper-1", "", [])).toBe(
      "model_not_found: no model of kind transcription is installed; put a model of whisper.cpp, such as ggml-base.bin, into models/",
    );
  });
});
