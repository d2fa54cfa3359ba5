import { setImmediate } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";
import type { VoiceView } from "@benchai/contract/speech";

import { audioEncodings } from "./core/audio-encodings.ts";
import { type CaptionFormat, captions } from "./core/captions.ts";
import { measured } from "./core/known-length.ts";
import { durationMs, sampleRateHz } from "./core/pcm.ts";
import { piecesOf } from "./core/pieces.ts";
import { livePieces } from "./core/live-pieces.ts";
import type { Piece } from "./core/piece.ts";
import type { SpeechOrder, VoiceOrder } from "./core/speech-order.ts";
import type { TextPart } from "./core/text-part.ts";
import { voiceLadder, voiceViews } from "./core/voices.ts";
import type { AudioAnswer, SentenceStart } from "./edge/audio-response.ts";
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
  speak(order: SpeechOrder, signal: AbortSignal): Promise<AudioAnswer> {
    return this.#answer(order, textSource(order), signal);
  }

  /** The same for a text that is still being written. Errors besides: `body_too_large`, and what `parts` throws. */
  speakLive(order: VoiceOrder, parts: AsyncIterable<TextPart>, signal: AbortSignal): Promise<AudioAnswer> {
    if (order.inputFormat === "ssml")
      throw new AppError("invalid_request", "SSML is a document: it cannot be spoken while it is written", {
        param: "input_format",
      });
    const markdown = order.inputFormat !== "text";
    const pieces = (language: string) => livePieces(parts, { language, markdown });
    return this.#answer(order, { pieces, chars: Infinity }, signal);
  }

  async #answer(order: VoiceOrder, source: TextSource, signal: AbortSignal): Promise<AudioAnswer> {
    const arrivedMs = performance.now();
    const { format } = order;
    const { parts, voice, engine } = this.#parts(order, source, signal);
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
    }
  }

  async captions(order: SpeechOrder, format: CaptionFormat, signal: AbortSignal): Promise<string> {
    const { parts } = this.#parts(order, textSource(order), signal);
    return captions(
      (await Array.fromAsync(parts, timesOf)).filter(({ text }) => text !== ""),
      format,
    );
  }

  /** Errors: `voice_not_found`, `model_not_found`, `speech_unavailable`. */
  assertVoice(order: VoiceOrder): void {
    if (voiceLadder(this.#engines.list, order).length === 0) throw noVoice();
  }

  #parts(order: VoiceOrder, source: TextSource, signal: AbortSignal) {
    const [first, ...others] = voiceLadder(this.#engines.list, order);
    if (!first) throw noVoice();
    const ladder = [first, ...others].flatMap(({ engine: name, voice }) =>
      this.#engines.list
        .filter((engine) => engine.name === name)
        .map((engine) => ({ engine, voice: voice.id })),
    );
    const language = order.language ?? first.voice.languages[0] ?? defaultLanguage;
    const pieces = source.pieces(language);
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

function noVoice(): AppError {
  return new AppError("speech_unavailable", "no voice is installed");
}

/** Where the pieces come from, once the language is known. */
type TextSource = {
  pieces(language: string): Iterable<Piece> | AsyncIterable<Piece>;
  /** How long the text is; Infinity while nobody knows. */
  readonly chars: number;
};

function textSource({ text, inputFormat: format }: SpeechOrder): TextSource {
  return { pieces: (language) => piecesOf(text, { format, language }), chars: text.length };
}

/** What has gone into the encoder so far. */
class Heard {
  readonly #engines = new Set<string>();
  #sentences: SentenceStart[] = [];
  #count = 0;

  get engines(): readonly string[] {
    return [...this.#engines];
  }

  note({ engine, text, startMs }: SpokenPart): void {
    this.#engines.add(engine);
    if (text !== "") this.#sentences.push({ index: this.#count++, text, startMs });
  }

  /** The sentences that began since this was last asked. */
  take(): readonly SentenceStart[] {
    const sentences = this.#sentences;
    this.#sentences = [];
    return sentences;
  }
}

/** The sound alone. Errors: `invalid_request` when there is none. */
async function* samplesOf(parts: AsyncIterable<SpokenPart>, heard: Heard): AsyncGenerator<Int16Array> {
  for await (const part of parts) {
    heard.note(part);
    yield part.samples;
  }
  if (heard.engines.length === 0)
    throw new AppError("invalid_request", "there is nothing in the text that can be spoken", {
      param: "input",
    });
}

/**
 * FLAC says its length in its first bytes or not at all, and players want it: up to some minutes of it are held back until they
 * are whole, everything else leaves as it is spoken, at once what will surely be longer than that.
 */
async function encodedOf(
  { format, speed }: VoiceOrder,
  { chars }: TextSource,
  sound: AsyncIterable<Int16Array>,
  signal: AbortSignal,
  ffmpegs: Ffmpegs,
) {
  const isTooLong = chars > mostHeldS * mostCharsPerS * speed;
  if (format !== "flac" || isTooLong) return encode(format, sound, signal, { ffmpegs });
  const { samples, totalSamples } = await measured(sound, mostHeldSamples);
  return encode(format, samples, signal, { totalSamples, ffmpegs });
}

function timesOf({ text, startMs, samples, words }: SpokenPart) {
  return { text, startMs, endMs: startMs + durationMs(samples.length), ...(words ? { words } : {}) };
}
