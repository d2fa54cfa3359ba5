import { setTimeout as sleep } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";

import { abortable } from "../src/core/abortable.ts";
import { sampleRateHz, type Spoken, type WordTiming } from "../src/core/pcm.ts";
import type { Engine, EngineVoice, Utterance } from "../src/engines/engine.ts";

export type ToneEngineOptions = {
  readonly name?: string;
  readonly concurrency?: number;
  /** Runs before an utterance is said; throws to fail it. */
  readonly before?: (utterance: Utterance, signal: AbortSignal) => Promise<void> | void;
};

const letterSamples = 0.06 * sampleRateHz;
/** More of a word than that is not said: it would take long to work out. */
const mostLetters = 500;

/** Says every letter as a tone of its own: the same text always sounds the same, and another text otherwise. */
export class ToneEngine implements Engine {
  readonly name: string;
  readonly concurrency: number;
  readonly voices: readonly EngineVoice[] = [{ id: "tone", name: "Tone", languages: ["en"] }];
  /** What it was asked to say, in this order. */
  readonly said: Utterance[] = [];
  /** How many utterances it says now, and the most that it ever said at a time. */
  speaking = 0;
  mostSpeaking = 0;
  readonly #before: ToneEngineOptions["before"];
  readonly #closing = new AbortController();

  constructor({ name = "tone", concurrency = 2, before }: ToneEngineOptions = {}) {
    this.name = name;
    this.concurrency = concurrency;
    this.#before = before;
  }

  fingerprint(voice: string): string {
    return `${this.name}/1/${voice}`;
  }

  async synthesise(utterance: Utterance, leaving: AbortSignal): Promise<Spoken> {
    const signal = AbortSignal.any([leaving, this.#closing.signal]);
    signal.throwIfAborted();
    if (!this.voices.some(({ id }) => id === utterance.voice))
      throw new AppError("speech_failed", `${this.name} has no voice ${utterance.voice}.`);
    this.said.push(utterance);
    this.speaking += 1;
    this.mostSpeaking = Math.max(this.mostSpeaking, this.speaking);
    try {
      await abortable(signal, Promise.resolve(this.#before?.(utterance, signal)));
      return toneOf(utterance.text.slice(0, mostLetters), utterance.speed);
    } finally {
      this.speaking -= 1;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new AppError("shutting_down", "The speech service is shutting down."));
  }
}

/** Never ends by itself; rejects when the signal aborts. */
export async function forever(signal: AbortSignal): Promise<never> {
  for (;;) await sleep(2 ** 30, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** 60 ms a letter at speed 1, each with a few overtones and a swell, as speech has them. */
export function toneOf(text: string, speed = 1): Spoken {
  const perLetter = Math.round(letterSamples / speed);
  const samples = new Int16Array(text.length * perLetter);
  for (let i = 0; i < samples.length; i += 1) {
    const at = i % perLetter;
    const hz = 90 + (text.charCodeAt((i - at) / perLetter) % 64) * 6;
    const swell = Math.sin((Math.PI * at) / perLetter);
    let value = 0;
    for (let overtone = 1; overtone <= 6; overtone += 1) {
      value += Math.sin((2 * Math.PI * hz * overtone * i) / sampleRateHz) / overtone;
    }
    samples[i] = Math.round(value * swell * 6_000);
  }
  return { samples, words: wordsOf(text, (perLetter * 1_000) / sampleRateHz) };
}

function wordsOf(text: string, letterMs: number): WordTiming[] {
  return [...text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)].map(({ 0: word, index }) => ({
    word,
    startMs: Math.floor(index * letterMs),
    endMs: Math.floor((index + word.length) * letterMs),
  }));
}
