import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { FormData, type RequestInit } from "undici";

import { AppError } from "@benchai/contract/errors";
import { ModelList } from "@benchai/contract/openai";

import { type SoundPiece, whisperRateHz } from "../core/sound-pieces.ts";
import type { TranscriptionCard } from "../core/transcription-model.ts";
import { wavHeader } from "../core/wav-header.ts";
import { type Heard, readWhisperAnswer } from "../core/whisper-answer.ts";
import { refusal, type RouterLink } from "./router-link.ts";

/** How a piece is to be heard; absent: as the worker does by itself. */
export type Hearing = {
  readonly model: string;
  readonly task: "transcribe" | "translate";
  readonly language: string | undefined;
  readonly prompt: string | undefined;
  readonly temperature: number | undefined;
};

/** A segment is cut after so many characters, which is never: whisper-server's own is 60, for subtitles. */
const maxSegmentChars = 1_000;

/** What this service asks of Whisper's models, through the router as any client would: queued, counted and loaded like theirs. */
export class TranscriptionClient {
  readonly #router: RouterLink;

  constructor(router: RouterLink) {
    this.#router = router;
  }

  /** The models of kind transcription, under every name that they have. */
  async models(signal: AbortSignal): Promise<TranscriptionCard[]> {
    const { data } = await this.#ask("/v1/models", { signal }, ModelList);
    return data
      .filter(({ benchai }) => benchai.kind === "transcription")
      .map(({ id, benchai }) => ({ id, state: benchai.state }));
  }

  /** What a model hears in a piece. Errors: the router's own, with their codes; `upstream_failed`. */
  async hear(piece: SoundPiece, hearing: Hearing, signal: AbortSignal): Promise<Heard> {
    const path = `/v1/audio/inference?model=${encodeURIComponent(hearing.model)}`;
    const init = { method: "POST", body: formOf(piece, hearing), signal };
    const answer = await this.#ask(path, init, Type.Unknown());
    const lengthS = piece.samples.length / whisperRateHz;
    const heard = readWhisperAnswer(answer, piece.start / whisperRateHz, lengthS);
    if (heard) return heard;
    throw new AppError(
      "upstream_failed",
      `the model ${hearing.model} answered in a form that is not known; see \`./benchai logs\``,
    );
  }

  async #ask<T extends TSchema>(path: string, init: RequestInit, schema: T): Promise<Static<T>> {
    const response = await this.#router.fetch(path, init);
    const value: unknown = await response.json().catch(() => undefined);
    if (response.ok && Value.Check(schema, value)) return value;
    throw refusal(response, value);
  }
}

function formOf({ samples }: SoundPiece, hearing: Hearing): FormData {
  const form = new FormData();
  const fields = {
    response_format: "verbose_json",
    max_len: `${maxSegmentChars}`,
    // It would listen to the sound once more, for the probability of each language.
    no_language_probabilities: "true",
    language: hearing.language,
    translate: hearing.task === "translate" ? "true" : undefined,
    prompt: hearing.prompt,
    temperature: hearing.temperature?.toString(),
  };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
  form.set(
    "file",
    new Blob([wavHeader(samples.length * 2, whisperRateHz), new Uint8Array(samples.slice().buffer)]),
    "sound.wav",
  );
  return form;
}
