import { AppError } from "@benchai/contract/errors";

import { livePieces } from "./core/live-pieces.ts";
import { measured } from "./core/known-length.ts";
import { sampleRateHz } from "./core/pcm.ts";
import type { Piece } from "./core/piece.ts";
import { piecesOf } from "./core/pieces.ts";
import type { SpeechOrder, VoiceOrder } from "./core/speech-order.ts";
import type { TextPart } from "./core/text-part.ts";
import type { SentenceStart } from "./edge/audio-response.ts";
import { encode } from "./edge/encoder.ts";
import type { Ffmpegs } from "./edge/ffmpegs.ts";
import type { SpokenPart } from "./speaker.ts";

const mostHeldS = 600;
/** 29 MB. */
const mostHeldSamples = mostHeldS * sampleRateHz;
/** Nobody says more characters in a second, at speed 1. */
const mostCharsPerS = 25;

/** Where the pieces come from, once the language is known. */
export type TextSource = {
  pieces(language: string): Iterable<Piece> | AsyncIterable<Piece>;
  /** How long the text is; Infinity while nobody knows. */
  readonly chars: number;
};

export function wholeText({ text, inputFormat: format }: SpeechOrder) {
  return { pieces: (language: string) => piecesOf(text, { format, language }), chars: text.length };
}

/** Errors: `invalid_request` for what has to be read as a whole. */
export function arrivingText({ inputFormat }: VoiceOrder, parts: AsyncIterable<TextPart>): TextSource {
  if (inputFormat === "ssml")
    throw new AppError("invalid_request", "SSML is a document: it cannot be spoken while it is written", {
      param: "input_format",
    });
  const markdown = inputFormat !== "text";
  return { pieces: (language) => livePieces(parts, { language, markdown }), chars: Infinity };
}

/** What has gone into the encoder so far. */
export class Heard {
  readonly #engines = new Set<string>();
  #sentences: SentenceStart[] = [];
  #count = 0;

  get engines(): readonly string[] {
    return [...this.#engines];
  }

  note({ engine, text, startMs }: SpokenPart): void {
    this.#engines.add(engine);
    if (text === "") return;
    this.#sentences.push({ index: this.#count, text, startMs });
    this.#count += 1;
  }

  /** The sentences that began since this was last asked. */
  take(): readonly SentenceStart[] {
    const sentences = this.#sentences;
    this.#sentences = [];
    return sentences;
  }
}

/** The sound alone. Errors: `invalid_request` when there is none. */
export async function* samplesOf(parts: AsyncIterable<SpokenPart>, heard: Heard): AsyncGenerator<Int16Array> {
  for await (const part of parts) {
    heard.note(part);
    yield part.samples;
  }
  if (heard.engines.length === 0) throw nothingToSay();
}

export function nothingToSay(): AppError {
  return new AppError("invalid_request", "there is nothing in the text that can be spoken", {
    param: "input",
  });
}

/**
 * FLAC says its length in its first bytes or not at all, and players want it: up to some minutes of it are held back until they
 * are whole, everything else leaves as it is spoken, at once what will surely be longer than that.
 */
export async function encodedOf(
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
