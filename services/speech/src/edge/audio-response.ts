import type { ServerResponse } from "node:http";
import { once } from "node:events";

import { AppError } from "@benchai/contract/errors";
import { eventStreamHeaders } from "@benchai/kernel/event-stream";

/** A sentence and where it begins in the sound. */
export type SentenceStart = { readonly index: number; readonly text: string; readonly startMs: number };

/** Sound on its way to a client. */
export type AudioAnswer = {
  readonly contentType: string;
  /** The first bytes are there when this exists: what fails before them can still be said by a status. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The engine that began. */
  readonly engine: string;
  readonly voice: string;
  /** The engines that have spoken so far, in order. */
  engines(): readonly string[];
  /** The sentences that went into the sound since this was last asked. */
  takeSentences(): readonly SentenceStart[];
};

/** Names the engines that have spoken, when another one had to take over after the headers were sent. */
const enginesTrailer = "x-benchai-speech-engines";

/** Sends the sound as it comes, bare or as events. */
export function sendAnswer(raw: ServerResponse, answer: AudioAnswer, isSse: boolean): Promise<void> {
  return isSse ? sendAudioEvents(raw, answer) : sendAudio(raw, answer);
}

/** Sends the sound as it comes, in chunks. A failure midway breaks the connection off: a part must not pass for the whole. */
async function sendAudio(raw: ServerResponse, answer: AudioAnswer): Promise<void> {
  const { contentType } = answer;
  raw.socket?.setNoDelay(true);
  raw.writeHead(200, { ...engineHeaders(answer), "content-type": contentType, trailer: enginesTrailer });
  try {
    for await (const chunk of answer.chunks) if (!raw.write(chunk)) await drained(raw);
    raw.addTrailers({ [enginesTrailer]: answer.engines().join(", ") });
    raw.end();
  } catch (error) {
    raw.destroy();
    throw error;
  }
}

/** The same as server-sent events (OpenAI API reference, Audio, "speech.audio.delta"); a failure is an event, and no `done`. */
async function sendAudioEvents(raw: ServerResponse, answer: AudioAnswer): Promise<void> {
  raw.socket?.setNoDelay(true);
  raw.writeHead(200, { ...engineHeaders(answer), ...eventStreamHeaders });
  try {
    for await (const event of audioEvents(answer))
      if (event.type !== "speech.sentence" && !raw.write(eventLine(event))) await drained(raw);
  } catch (error) {
    if (!raw.destroyed) raw.write(eventLine(errorEvent(error)));
    throw error;
  } finally {
    raw.end();
  }
}

export type AudioEvent =
  | {
      readonly type: "speech.sentence";
      readonly index: number;
      readonly text: string;
      readonly start_ms: number;
    }
  | { readonly type: "speech.audio.delta"; readonly audio: string }
  | {
      readonly type: "speech.audio.done";
      readonly usage: typeof usage;
      readonly benchai: { readonly engines: readonly string[] };
    };

/** Sound as events, each sentence before its sound; `done` is the last one. */
export async function* audioEvents(answer: AudioAnswer): AsyncGenerator<AudioEvent, void> {
  for await (const chunk of answer.chunks) {
    for (const { index, text, startMs } of answer.takeSentences())
      yield { type: "speech.sentence", index, text, start_ms: Math.round(startMs) };
    yield { type: "speech.audio.delta", audio: Buffer.from(chunk).toString("base64") };
  }
  yield { type: "speech.audio.done", usage, benchai: { engines: answer.engines() } };
}

/** What broke, as an event. */
export function errorEvent(error: unknown) {
  const { code, message } = error instanceof AppError ? error : internal;
  return { type: "error", error: { code, message } } as const;
}

/** OpenAI's event counts tokens; nothing here is made of any. */
const usage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
const internal = { code: "internal_error", message: "the speech service failed; its log says why" };

function engineHeaders({ engine, voice }: AudioAnswer): Record<string, string> {
  return { "x-benchai-speech-engine": engine, "x-benchai-speech-voice": encodeURIComponent(voice) };
}

function eventLine(payload: object): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}

/** Also when the client is gone: then writing goes nowhere, and its signal ends the work. */
export async function drained(raw: ServerResponse): Promise<void> {
  if (raw.destroyed) throw new AppError("shutting_down", "the client left");
  const gone = new AbortController();
  const onClose = () => gone.abort();
  raw.once("close", onClose);
  try {
    await once(raw, "drain", { signal: gone.signal });
  } finally {
    raw.off("close", onClose);
  }
}
