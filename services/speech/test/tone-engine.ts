import { setTimeout as sleep } from "node:timers/promises";

import { sampleRateHz, type Spoken, type WordTiming } from "../src/core/pcm.ts";
import type { Engine, EngineVoice, Utterance } from "../src/engines/engine.ts";

export type ToneEngineOptions = {
  readonly name?: string;
  readonly concurrency?: number;
  /** Runs before an utterance is said; throws to fail it. */
  readonly before?: (utterance: Utterance, signal: AbortSignal) => Promise<void> | void;
};

const letterSamples = 0.06 * sampleRateHz;

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

  constructor({ name = "tone", concurrency = 2, before }: ToneEngineOptions = {}) {
    this.name = name;
    this.concurrency = concurrency;
    this.#before = before;
  }

  fingerprint(voice: string): string {
    return `${this.name} 1 ${voice}`;
  }

  async synthesise(utterance: Utterance, signal: AbortSignal): Promise<Spoken> {
    signal.throwIfAborted();
    this.said.push(utterance);
    this.speaking += 1;
    this.mostSpeaking = Math.max(this.mostSpeaking, this.speaking);
    try {
      await this.#before?.(utterance, signal);
      signal.throwIfAborted();
      return toneOf(utterance.text, utterance.speed);
    } finally {
      this.speaking -= 1;
    }
  }

  async close(): Promise<void> {}
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
  return [...text.matchAll(/\S+/gu)].map(({ 0: word, index }) => ({
    word,
    startMs: Math.round(index * letterMs),
    endMs: Math.round((index + word.length) * letterMs),
  }));
}
