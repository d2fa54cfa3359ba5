import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

import type { Segment } from "./transcript.ts";

/** The parts of whisper-server's `verbose_json` that are used here; times in s. */
const WhisperAnswer = Type.Object({
  language: Type.String(),
  segments: Type.Array(
    Type.Object({
      text: Type.String(),
      start: Type.Number(),
      end: Type.Number(),
      tokens: Type.Optional(Type.Array(Type.Integer())),
      words: Type.Optional(
        Type.Array(Type.Object({ word: Type.String(), start: Type.Number(), end: Type.Number() })),
      ),
      temperature: Type.Optional(Type.Number()),
      avg_logprob: Type.Optional(Type.Number()),
      no_speech_prob: Type.Optional(Type.Number()),
    }),
  ),
});

/** What was heard in one piece of sound; its times count from the recording's beginning. */
export type Heard = { readonly language: string; readonly segments: readonly Segment[] };

/** Reads an answer about a piece that begins `startS` into the recording and lasts `lengthS`; undefined when it is none. */
export function readWhisperAnswer(value: unknown, startS: number, lengthS: number): Heard | undefined {
  if (!Value.Check(WhisperAnswer, value)) return undefined;
  return {
    language: value.language,
    segments: value.segments.map((segment) => segmentOf(segment, startS, lengthS)),
  };
}

/** Whisper hears in windows of 30 s, so it may say that a segment ends after the sound does. */
function segmentOf(
  s: Static<typeof WhisperAnswer>["segments"][number],
  startS: number,
  lengthS: number,
): Segment {
  const at = (seconds: number) => round(startS + Math.min(Math.max(0, seconds), lengthS));
  return {
    text: s.text,
    startS: at(s.start),
    endS: at(s.end),
    windowStartS: startS,
    tokens: s.tokens ?? [],
    words: (s.words ?? []).map(({ word, start, end }) => ({ word, startS: at(start), endS: at(end) })),
    temperature: s.temperature ?? 0,
    averageLogProbability: s.avg_logprob ?? 0,
    noSpeechProbability: s.no_speech_prob ?? 0,
  };
}

/** To the millisecond. */
function round(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
