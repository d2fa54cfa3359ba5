import type { ServerResponse } from "node:http";

import type { AppError } from "@benchai/contract/errors";
import { errorBody } from "@benchai/contract/openai";
import { commentText, openEventStream } from "@benchai/kernel/event-stream";

import { plainText, type Segment, type Transcript, usageOf } from "../core/transcript.ts";

/** A slow model may take minutes for a piece; whoever waits, the router too, sees by this that it lives. */
const heartbeatEveryMs = 15_000;

/**
 * A transcript as it comes, as server-sent events (OpenAI API reference, Audio, "Stream events"): `transcript.text.delta`
 * for each segment, `transcript.text.done` at the end. It opens with its first event, so that what fails before that is still
 * an answer with a status.
 */
export class TranscriptStream {
  readonly #raw: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  #hasText = false;

  constructor(raw: ServerResponse, everyMs = heartbeatEveryMs) {
    this.#raw = raw;
    this.#heartbeat = setInterval(() => {
      if (this.isOpen) raw.write(commentText("still listening"));
    }, everyMs);
    raw.once("close", () => clearInterval(this.#heartbeat));
  }

  get isOpen(): boolean {
    return this.#raw.headersSent;
  }

  /** The deltas together are the text, but for space at its end. */
  add(segments: readonly Segment[]): void {
    for (const { text } of segments) {
      const delta = this.#hasText ? text : text.trimStart();
      if (delta === "") continue;
      this.#hasText = true;
      this.#event({ type: "transcript.text.delta", delta });
    }
  }

  done(transcript: Transcript): void {
    this.#event({
      type: "transcript.text.done",
      text: plainText(transcript),
      usage: usageOf(transcript),
    });
    this.#end();
  }

  /** Ends without `done`. Shape: what OpenAI's clients raise as an error. */
  fail(error: AppError): void {
    this.#event(errorBody(error));
    this.#end();
  }

  #end(): void {
    clearInterval(this.#heartbeat);
    this.#raw.end();
  }

  #event(payload: object): void {
    if (!this.isOpen) openEventStream(this.#raw);
    this.#raw.write(`data: ${JSON.stringify(payload)}\n\n`);
  }
}
