import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  plainText,
  type Segment,
  srtTranscript,
  type Transcript,
  usageOf,
  verboseTranscript,
  vttTranscript,
} from "./transcript.ts";

function segment(text: string, startS: number, endS: number, over: Partial<Segment> = {}): Segment {
  return {
    text,
    startS,
    endS,
    windowStartS: 0,
    tokens: [1],
    words: [{ word: text, startS, endS }],
    temperature: 0,
    averageLogProbability: -0.5,
    noSpeechProbability: 0.1,
    ...over,
  };
}

function transcript(segments: readonly Segment[]): Transcript {
  return { task: "transcribe", language: "english", durationS: 3_725.25, segments };
}

const spoken = transcript([
  segment(" Hello,", 0, 1.5),
  segment(" world.", 1.5, 2.25),
  segment(" ", 3, 4),
  segment(" Bye --> <now> & then.", 3_723.456, 3_725.25),
]);

test("the text is what the segments say, without space at its ends", () => {
  expect(plainText(spoken)).toBe("Hello, world.  Bye --> <now> & then.");
  expect(plainText(transcript([]))).toBe("");
});

test("SubRip numbers the cues and has no arrow in a text; silence is no cue", () => {
  expect(srtTranscript(spoken)).toBe(
    "1\n00:00:00,000 --> 00:00:01,500\nHello,\n\n" +
      "2\n00:00:01,500 --> 00:00:02,250\nworld.\n\n" +
      "3\n01:02:03,456 --> 01:02:05,250\nBye -> <now> & then.\n\n",
  );
});

test("WebVTT escapes what would be markup", () => {
  expect(vttTranscript(spoken)).toBe(
    "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello,\n\n" +
      "00:00:01.500 --> 00:00:02.250\nworld.\n\n" +
      "01:02:03.456 --> 01:02:05.250\nBye --&gt; &lt;now&gt; &amp; then.\n\n",
  );
  expect(vttTranscript(transcript([]))).toBe("WEBVTT\n\n");
});

test("whatever a model says, a cue is three lines with an empty one behind", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }), (texts) => {
      const some = transcript(texts.map((text, i) => segment(text, i, i + 1)));
      const cues = texts.filter((text) => text.trim() !== "").length;
      expect(srtTranscript(some).split("\n")).toHaveLength(cues * 4 + 1);
      expect(vttTranscript(some).split("\n")).toHaveLength(cues * 3 + 3);
      expect(vttTranscript(some).split("-->")).toHaveLength(cues + 1);
      expect(srtTranscript(some).split("-->")).toHaveLength(cues + 1);
    }),
  );
});

describe("verbose_json", () => {
  test("has segments unless only words were asked for, and words in a list of their own", () => {
    const keys = (...granularities: ("word" | "segment")[]) =>
      Object.keys(verboseTranscript(spoken, granularities, () => 1)).filter((key) =>
        /words|segments/.test(key),
      );
    expect(keys()).toEqual(["segments"]);
    expect(keys("segment")).toEqual(["segments"]);
    expect(keys("word")).toEqual(["words"]);
    expect(keys("word", "segment")).toEqual(["segments", "words"]);
  });

  test("is in OpenAI's shape", () => {
    const one = transcript([segment(" Hi", 30.5, 31, { windowStartS: 30 })]);
    expect(verboseTranscript(one, ["word", "segment"], (text) => text.length)).toEqual({
      task: "transcribe",
      language: "english",
      duration: 3_725.25,
      text: "Hi",
      segments: [
        {
          id: 0,
          seek: 3_000,
          start: 30.5,
          end: 31,
          text: " Hi",
          tokens: [1],
          temperature: 0,
          avg_logprob: -0.5,
          compression_ratio: 3,
          no_speech_prob: 0.1,
        },
      ],
      words: [{ word: "Hi", start: 30.5, end: 31 }],
      usage: { type: "duration", seconds: 3_726 },
    });
  });
});

test("a begun second counts", () => {
  expect([0, 0.1, 1, 1.01].map((durationS) => usageOf({ durationS }).seconds)).toEqual([0, 1, 1, 2]);
});
