import type { ServerResponse } from "node:http";
import { once } from "node:events";

import { AppError } from "@benchai/contract/errors";
import { eventStreamHeaders } from "@benchai/kernel/event-stream";

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
};

/** Names the engines that have spoken, when another one had to take over after the headers were sent. */
const enginesTrailer = "x-benchai-speech-engines";

/** Sends the sound as it comes, in chunks. A failure midway breaks the connection off: a part must not pass for the whole. */
export async function sendAudio(raw: ServerResponse, answer: AudioAnswer): Promise<void> {
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
export async function sendAudioEvents(raw: ServerResponse, answer: AudioAnswer): Promise<void> {
  raw.socket?.setNoDelay(true);
  raw.writeHead(200, { ...engineHeaders(answer), ...eventStreamHeaders });
  try {
    for await (const chunk of answer.chunks) {
      const audio = Buffer.from(chunk).toString("base64");
      if (!raw.write(event({ type: "speech.audio.delta", audio }))) await drained(raw);
    }
    raw.write(event({ type: "speech.audio.done", usage, benchai: { engines: answer.engines() } }));
  } catch (error) {
    const { code, message } = error instanceof AppError ? error : internal;
    if (!raw.destroyed) raw.write(event({ type: "error", error: { code, message } }));
    throw error;
  } finally {
    raw.end();
  }
}

/** OpenAI's event counts tokens; nothing here is made of any. */
const usage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
const internal = { code: "internal_error", message: "the speech service failed; its log says why" };

function engineHeaders({ engine, voice }: AudioAnswer): Record<string, string> {
  return { "x-benchai-speech-engine": engine, "x-benchai-speech-voice": encodeURIComponent(voice) };
}

function event(payload: object): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}

/** Also when the client is gone: then writing goes nowhere, and its signal ends the work. */
async function drained(raw: ServerResponse): Promise<void> {
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
