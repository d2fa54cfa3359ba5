import { setImmediate } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";
import type { VoiceView } from "@benchai/contract/speech";

import { audioEncodings } from "./core/audio-encodings.ts";
import { type CaptionFormat, captions } from "./core/captions.ts";
import { measured } from "./core/known-length.ts";
import { durationMs, sampleRateHz } from "./core/pcm.ts";
import { piecesOf } from "./core/pieces.ts";
import type { SpeechOrder } from "./core/speech-order.ts";
import { voiceLadder, voiceViews } from "./core/voices.ts";
import type { AudioAnswer } from "./edge/audio-response.ts";
import { encode } from "./edge/encoder.ts";
import type { Ffmpegs } from "./edge/ffmpegs.ts";
import type { Engines } from "./engines/index.ts";
import type { Speaker, SpokenPart } from "./speaker.ts";
import type { SpeechMetrics } from "./speech-metrics.ts";

const defaultLanguage = "en";
const mostHeldS = 600;
/** 29 MB. */
const mostHeldSamples = mostHeldS * sampleRateHz;
/** Nobody says more characters in a second, at speed 1. */
const mostCharsPerS = 25;

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
  async speak(order: SpeechOrder, signal: AbortSignal): Promise<AudioAnswer> {
    const arrivedMs = performance.now();
    const { format } = order;
    const { parts, voice, engine } = this.#parts(order, signal);
    const spoken = new Set<string>();
    const samples = samplesOf(parts, spoken);
    try {
      const chunks = await encodedOf(order, samples, signal, this.#ffmpegs);
      const first = await chunks.next();
      this.#metrics.firstAudio.observe({ format }, (performance.now() - arrivedMs) / 1_000);
      return {
        contentType: audioEncodings[format].contentType,
        chunks: this.#counted(order, signal, first, chunks),
        engine: [...spoken][0] ?? engine,
        voice,
        engines: () => [...spoken],
      };
    } catch (error) {
      this.#count(order, signal.aborted ? "left" : "failed");
      throw error;
    }
  }

  async captions(order: SpeechOrder, format: CaptionFormat, signal: AbortSignal): Promise<string> {
    const { parts } = this.#parts(order, signal);
    return captions(
      (await Array.fromAsync(parts, timesOf)).filter(({ text }) => text !== ""),
      format,
    );
  }

  #parts(order: SpeechOrder, signal: AbortSignal) {
    const [first, ...others] = voiceLadder(this.#engines.list, order);
    if (!first) throw new AppError("speech_unavailable", "no voice is installed");
    const ladder = [first, ...others].flatMap(({ engine: name, voice }) =>
      this.#engines.list
        .filter((engine) => engine.name === name)
        .map((engine) => ({ engine, voice: voice.id })),
    );
    const language = order.language ?? first.voice.languages[0] ?? defaultLanguage;
    const pieces = piecesOf(order.text, { format: order.inputFormat, language });
    const parts = this.#noted(this.#speaker.speak(pieces, { ladder, speed: order.speed }, signal));
    return { parts, voice: first.key, engine: first.engine };
  }

  async *#noted(parts: AsyncIterable<SpokenPart>): AsyncGenerator<SpokenPart> {
    for await (const part of parts) {
      const { engine, isHit, text } = part;
      if (text !== "") this.#metrics.pieces.inc({ engine, from: isHit ? "cache" : "engine" });
      yield part;
    }
  }

  async *#counted(
    order: SpeechOrder,
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

  #count({ format }: SpeechOrder, outcome: "done" | "failed" | "left"): void {
    this.#metrics.requests.inc({ format, outcome });
  }
}

/** The sound alone; `spoken` learns which engines it came from. Errors: `invalid_request` when there is none. */
async function* samplesOf(parts: AsyncIterable<SpokenPart>, spoken: Set<string>): AsyncGenerator<Int16Array> {
  for await (const { samples, engine } of parts) {
    spoken.add(engine);
    yield samples;
  }
  if (spoken.size === 0)
    throw new AppError("invalid_request", "there is nothing in the text that can be spoken", {
      param: "input",
    });
}

/**
 * FLAC says its length in its first bytes or not at all, and players want it: up to some minutes of it are held back until they
 * are whole, everything else leaves as it is spoken, at once what will surely be longer than that.
 */
async function encodedOf(
  { format, text, speed }: SpeechOrder,
  sound: AsyncIterable<Int16Array>,
  signal: AbortSignal,
  ffmpegs: Ffmpegs,
) {
  const isTooLong = text.length > mostHeldS * mostCharsPerS * speed;
  if (format !== "flac" || isTooLong) return encode(format, sound, signal, { ffmpegs });
  const { samples, totalSamples } = await measured(sound, mostHeldSamples);
  return encode(format, samples, signal, { totalSamples, ffmpegs });
}

function timesOf({ text, startMs, samples, words }: SpokenPart) {
  return { text, startMs, endMs: startMs + durationMs(samples.length), ...(words ? { words } : {}) };
}
