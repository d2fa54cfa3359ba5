import { expect, test } from "vitest";

import { readWhisperAnswer } from "./whisper-answer.ts";

/** As whisper-server 1.9.5 answers. */
const answer = {
  task: "transcribe",
  language: "english",
  duration: 12,
  text: " this is\n",
  segments: [
    {
      id: 0,
      text: " this is",
      start: 0.5,
      end: 29.98,
      tokens: [1_000, 1_001],
      words: [{ word: " this", start: 0.5, end: 0.63, t_dtw: -1, probability: 1 }],
      temperature: 0,
      avg_logprob: -0.25,
      no_speech_prob: 3.37e-35,
    },
  ],
};

test("times count from the recording's beginning and end with the piece", () => {
  expect(readWhisperAnswer(answer, 100.1, 12)).toEqual({
    language: "english",
    segments: [
      {
        text: " this is",
        startS: 100.6,
        endS: 112.1,
        windowStartS: 100.1,
        tokens: [1_000, 1_001],
        words: [{ word: " this", startS: 100.6, endS: 100.73 }],
        temperature: 0,
        averageLogProbability: -0.25,
        noSpeechProbability: 3.37e-35,
      },
    ],
  });
});

test("silence is no segment", () => {
  expect(readWhisperAnswer({ ...answer, segments: [] }, 0, 1)).toEqual({ language: "english", segments: [] });
});

test.each([
  [undefined],
  [{}],
  [{ error: "failed to process audio" }],
  [{ language: "en", segments: [{}] }],
  ["text"],
])("what is no transcript is none: %j", (value) => {
  expect(readWhisperAnswer(value, 0, 1)).toBeUndefined();
});
