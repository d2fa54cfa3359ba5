import { setImmediate } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";
import type { VoiceView } from "@benchai/contract/speech";

import { audioEncodings } from "./core/audio-encodings.ts";
import { type CaptionFormat, captions } from "./core/captions.ts";
import { durationMs } from "./core/pcm.ts";
import type { SpeechOrder, VoiceOrder } from "./core/speech-order.ts";
import type { TextPart } from "./core/text-part.ts";
import { voiceLadder, voiceViews } from "./core/voices.ts";
import type { AudioAnswer } from "./edge/audio-response.ts";
import type { Ffmpegs } from "./edge/ffmpegs.ts";
import type { Engines } from "./engines/index.ts";
import {
  arrivingText,
  encodedOf,
  Heard,
  nothingToSay,
  samplesOf,
  type TextSource,
  wholeText,
} from "./sounding.ts";
import type { Speaker, SpokenPart } from "./speaker.ts";
import type { SpeechMetrics } from "./speech-metrics.ts";

const defaultLanguage = "en";
/** Pieces in which something to say is looked for before an order is taken. */
const mostLookedAt = 32;
/** Others wait so long at most while sentences are counted. */
const longestStepMs = 5;

/** Brings requests, voices and engines together. */
export class SpeechDesk {
  readonly #engines: Engines;
  readonly #speaker: Speaker;
  readonly #metrics: SpeechMetrics;
  readonly #ffmpegs: Ffmpegs;

  constructor(engines: Engines, speaker: Speaker, metrics: SpeechMetrics, ffmpegs: Ffmpegs) {
    this.#engines = engines;
    this.#speaker = speaker;
    this.#metrics = metrics;
    this.#ffmpegs = ffmpegs;
  }

  get engines(): readonly string[] {
    return this.#engines.list.map(({ name }) => name);
  }

  async voices(): Promise<VoiceView[]> {
    await this.#engines.refresh();
    return voiceViews(this.#engines.list);
  }

  /** Resolves with the first sound; what fails before it rejects, what fails later ends `chunks` with the error. */
  speak(order: SpeechOrder, signal: AbortSignal): Promise<AudioAnswer> {
    return this.#answer(order, wholeText(order), signal);
  }

  /** The same for a text that is still being written. Errors besides: `body_too_large`, and what `parts` throws. */
  async speakLive(
    order: VoiceOrder,
    parts: AsyncIterable<TextPart>,
    signal: AbortSignal,
  ): Promise<AudioAnswer> {
    return this.#answer(order, arrivingText(order, parts), signal);
  }

  async captions(order: SpeechOrder, format: CaptionFormat, signal: AbortSignal): Promise<string> {
    const { parts } = this.#parts(order, wholeText(order), signal);
    return captions(
      (await Array.fromAsync(parts, timesOf)).filter(({ text }) => text !== ""),
      format,
    );
  }

  /** Errors: `voice_not_found`, `model_not_found`, `speech_unavailable`. */
  assertVoice(order: VoiceOrder): void {
    this.#ladder(order);
  }

  /** Errors: what can be known to be wrong with an order before it is spoken. */
  assertSpeakable(order: SpeechOrder): void {
    let looked = 0;
    for (const { kind } of wholeText(order).pieces(this.#ladder(order).language)) {
      looked += 1;
      // What is silent for so long is found out by who speaks it.
      if (kind === "speech" || looked === mostLookedAt) return;
    }
    throw nothingToSay();
  }

  /** How many sentences there are to say; worked out in small steps, between which others go on. */
  async countSentences(order: SpeechOrder, signal: AbortSignal): Promise<number> {
    let count = 0;
    let sinceMs = performance.now();
    for (const { kind } of wholeText(order).pieces(this.#ladder(order).language)) {
      if (kind === "speech") count += 1;
      if (performance.now() - sinceMs < longestStepMs) continue;
      await setImmediate(undefined, { signal });
      sinceMs = performance.now();
    }
    if (count === 0) throw nothingToSay();
    return count;
  }

  /** The text for nobody who listens yet: after all requests, of which it is none. */
  speakJob(order: SpeechOrder, signal: AbortSignal): AsyncIterable<SpokenPart> {
    return this.#parts(order, wholeText(order), signal, true).parts;
  }

  async #answer(order: VoiceOrder, source: TextSource, signal: AbortSignal): Promise<AudioAnswer> {
    const arrivedMs = performance.now();
    const { format } = order;
    const { parts, voice, engine } = this.#parts(order, source, signal);
    // Who is still writing hears nothing for no fault of a job's.
    const letJobsGo = source.chars === Infinity ? () => undefined : this.#speaker.holdJobs();
    const heard = new Heard();
    const samples = samplesOf(parts, heard);
    try {
      const chunks = await encodedOf(order, source, samples, signal, this.#ffmpegs);
      const first = await chunks.next();
      this.#metrics.firstAudio.observe({ format }, (performance.now() - arrivedMs) / 1_000);
      return {
        contentType: audioEncodings[format].contentType,
        chunks: this.#counted(order, signal, first, chunks),
        engine: heard.engines[0] ?? engine,
        voice,
        engines: () => heard.engines,
        takeSentences: () => heard.take(),
      };
    } catch (error) {
      this.#count(order, signal.aborted ? "left" : "failed");
      throw error;
    } finally {
      letJobsGo();
    }
  }

  #ladder(order: VoiceOrder) {
    const [first, ...others] = voiceLadder(this.#engines.list, order);
    if (!first) throw new AppError("speech_unavailable", "no voice is installed");
    const rungs = [first, ...others].flatMap(({ engine: name, voice }) =>
      this.#engines.list
        .filter((engine) => engine.name === name)
        .map((engine) => ({ engine, voice: voice.id })),
    );
    const language = order.language ?? first.voice.languages[0] ?? defaultLanguage;
    return { rungs, language, voice: first.key, engine: first.engine };
  }

  #parts(order: VoiceOrder, source: TextSource, signal: AbortSignal, isJob = false) {
    const { rungs: ladder, language, voice, engine } = this.#ladder(order);
    const { speed } = order;
    const spoken = this.#speaker.speak(source.pieces(language), { ladder, speed, isJob }, signal);
    return { parts: this.#noted(spoken), voice, engine };
  }

  async *#noted(parts: AsyncIterable<SpokenPart>): AsyncGenerator<SpokenPart> {
    for await (const part of parts) {
      const { engine, isHit, text } = part;
      if (text !== "") this.#metrics.pieces.inc({ engine, from: isHit ? "cache" : "engine" });
      yield part;
    }
  }

  async *#counted(
    order: VoiceOrder,
    signal: AbortSignal,
    first: IteratorResult<Uint8Array>,
    rest: AsyncIterator<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    let outcome: "done" | "failed" | "left" = "left";
    try {
      if (!first.done) yield first.value;
      // The socket gets the first sound before the work on what follows begins.
      await setImmediate();
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
      outcome = "done";
    } catch (error) {
      outcome = signal.aborted ? "left" : "failed";
      throw error;
    } finally {
      this.#count(order, outcome);
      await rest.return?.();
    }
  }

  #count({ format }: VoiceOrder, outcome: "done" | "failed" | "left"): void {
    this.#metrics.requests.inc({ format, outcome });
  }
}

/** When a part is heard. */
export function timesOf({ text, startMs, samples, words }: SpokenPart) {
  return { text, startMs, endMs: startMs + durationMs(samples.length), ...(words ? { words } : {}) };
}
