import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";

import { sampleRateHz, type Spoken } from "../src/core/pcm.ts";
import type { Engine, EngineVoice, Utterance } from "../src/engines/engine.ts";

/** What a test can change at any time. */
type FakeFaults = {
  /** Which calls fail with `speech_failed`; the first one is 1. */
  failsOn: (call: number, utterance: Utterance) => boolean;
  /** How long each utterance takes. */
  delayMs: number;
  /** Whether it tells when each word is spoken. */
  tellsWords: boolean;
};

export type FakeEngine = Engine & {
  readonly faults: FakeFaults;
  /** Every utterance that it was asked for, in order. */
  readonly calls: readonly Utterance[];
  /** How many utterances it was saying at a time, at most. */
  readonly mostAtOnce: number;
  readonly aborted: number;
};

export type FakeEngineOptions = Partial<FakeFaults> & {
  readonly name?: string;
  readonly voices?: readonly EngineVoice[];
  readonly concurrency?: number;
  readonly fingerprint?: string;
};

const twoVoices: readonly EngineVoice[] = [
  { id: "alto", name: "Alto", languages: ["en-US"], gender: "female" },
  { id: "bass", name: "Bass", languages: ["de", "en"], gender: "male" },
];
/** As fast as people speak. */
const msPerCharacter = 60;
const longestMs = 30_000;

/** Says each text as a tone of its own, 60 ms a character at speed 1; of voices and faults as the test likes. */
export function fakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const { name = "fake", voices = twoVoices, concurrency = 4, fingerprint = "1" } = options;
  const { failsOn = () => false, delayMs = 0, tellsWords = false } = options;
  const faults: FakeFaults = { failsOn, delayMs, tellsWords };
  const calls: Utterance[] = [];
  const ending = new AbortController();
  let [running, mostAtOnce, aborted] = [0, 0, 0];

  async function synthesise(utterance: Utterance, signal: AbortSignal): Promise<Spoken> {
    signal.throwIfAborted();
    const call = calls.push(utterance);
    mostAtOnce = Math.max(mostAtOnce, ++running);
    try {
      await wait(faults.delayMs, AbortSignal.any([signal, ending.signal]));
    } catch (error) {
      aborted += 1;
      throw error;
    } finally {
      running -= 1;
    }
    const isKnown = voices.some((voice) => voice.id === utterance.voice);
    if (!isKnown) throw new AppError("speech_failed", `${name} has no voice ${utterance.voice}.`);
    if (faults.failsOn(call, utterance)) throw new AppError("speech_failed", `${name} was told to fail.`);
    return say(utterance, faults.tellsWords);
  }

  return {
    name,
    voices,
    concurrency,
    faults,
    calls,
    get mostAtOnce() {
      return mostAtOnce;
    },
    get aborted() {
      return aborted;
    },
    fingerprint: (voice) => `${fingerprint}:${voice}`,
    synthesise,
    async close() {
      ending.abort(new AppError("shutting_down", "The speech service is shutting down."));
    },
  };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

function say({ text, voice, speed, language }: Utterance, tellsWords: boolean): Spoken {
  const durationMs = Math.min(longestMs, (text.length * msPerCharacter) / speed);
  const samples = tone(
    pitchHz(`${voice} ${language} ${text}`),
    Math.round((durationMs * sampleRateHz) / 1_000),
  );
  return tellsWords ? { samples, words: evenly(text, durationMs) } : { samples };
}

function pitchHz(text: string): number {
  return 200 + (createHash("sha256").update(text).digest().readUInt16BE() % 800);
}

function tone(hz: number, samples: number): Int16Array {
  const step = (2 * Math.PI * hz) / sampleRateHz;
  return Int16Array.from({ length: samples }, (_, i) => Math.round(8_000 * Math.sin(i * step)));
}

function evenly(text: string, durationMs: number) {
  const words = text.split(/\s+/u).filter((word) => word !== "");
  const each = durationMs / words.length;
  return words.map((word, i) => ({ word, startMs: i * each, endMs: (i + 1) * each }));
}
