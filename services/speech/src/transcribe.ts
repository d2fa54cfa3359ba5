import { plainText, type Segment, type Transcript } from "./core/transcript.ts";
import { transcriptionModel } from "./core/transcription-model.ts";
import type { TranscriptionRequest } from "./core/transcription-request.ts";
import { soundPieces, whisperRateHz } from "./core/sound-pieces.ts";
import { whisperLanguage } from "./core/whisper-languages.ts";
import { decodeAudio, type DecoderOptions } from "./edge/audio-decoder.ts";
import type { TranscriptionClient } from "./edge/transcription-client.ts";

export type TranscriberDeps = {
  readonly client: Pick<TranscriptionClient, "models" | "hear">;
  readonly decoder: DecoderOptions;
  /** The model where a request names none of ours; empty: whichever is there. */
  readonly model: string;
};

/**
 * The longest piece that a model is sent, in s. A piece is one request to the router: it is held there, others take their
 * turn between two, and a slow model must be done with one within the router's ten minutes.
 */
const pieceS = 120;
/** In a stream, whose reader waits for the first words: Whisper's own window. */
const streamedPieceS = 30;
/** As much of what was said before helps with what comes next. */
const contextChars = 200;

/** Turns recordings into text, piece after piece. */
export class Transcriber {
  readonly #deps: TranscriberDeps;

  constructor(deps: TranscriberDeps) {
    this.#deps = deps;
  }

  /**
   * Transcribes the file at `path`, and hands over the segments of each piece as they are heard. Nothing is asked of a model
   * before the whole file is known to be readable and not too long. Errors: `audio_unreadable`, `body_too_large`,
   * `model_not_found`, and whatever the router says of the model.
   */
  async transcribe(
    path: string,
    request: TranscriptionRequest,
    onHeard: (segments: readonly Segment[]) => void,
    signal: AbortSignal,
  ): Promise<Transcript> {
    const model = transcriptionModel(request.model, await this.#deps.client.models(signal), this.#deps.model);
    const samplesAtOnce = (request.isStream ? streamedPieceS : pieceS) * whisperRateHz;
    const segments: Segment[] = [];
    let { language, prompt } = request;
    let spoken = "";
    let samples = 0;
    for await (const piece of soundPieces(this.#decode(path, signal), samplesAtOnce)) {
      if (piece.start === 0 && !piece.isLast) await this.#readThrough(path, signal);
      const hearing = { model, task: request.task, language, prompt, temperature: request.temperature };
      const heard = await this.#deps.client.hear(piece, hearing, signal);
      samples = piece.start + piece.samples.length;
      segments.push(...heard.segments);
      onHeard(heard.segments);
      // What the first words are in, the others are in, too; of silence Whisper says something or other.
      if (heard.segments.length > 0) language ??= whisperLanguage(heard.language);
      if (spoken === "" || language === undefined) spoken = heard.language;
      prompt = plainText({ segments }).slice(-contextChars) || prompt;
    }
    return { task: request.task, language: spoken, durationS: samples / whisperRateHz, segments };
  }

  #decode(path: string, signal: AbortSignal): AsyncGenerator<Int16Array> {
    return decodeAudio(path, this.#deps.decoder, signal);
  }

  /** Throws what would else be thrown at the end of a long work. */
  async #readThrough(path: string, signal: AbortSignal): Promise<void> {
    const reading = this.#decode(path, signal);
    while (!(await reading.next()).done);
  }
}
