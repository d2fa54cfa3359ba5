import type { ServerResponse } from "node:http";

import { commentText, eventStreamHeaders, openEventStream } from "@benchai/kernel/event-stream";

import { type Failure, failureEvent } from "../core/failure.ts";

export type Heartbeats = {
  readonly afterMs: number;
  readonly everyMs: number;
  /** What the client waits for, in one line. */
  readonly text: () => string;
};

const nothing = (): void => undefined;

type Opened = "no" | "stream" | "body";

/**
 * The client's end of one call. Nothing is written until there is something to say, so that an error can
 * still be an HTTP status; from then on it is an event of the stream, or a broken connection.
 */
export class ClientResponse {
  readonly requestId: string;
  /** The client left before the answer was complete; nothing can be written any more. */
  onGone: () => void = nothing;
  /** The client reads again after a `write` that returned false. */
  onDrain: () => void = nothing;
  /** The model that answers, for `x-benchai-model`; empty until it is known. */
  model = "";
  /**
   * Undefined once it is closed. Something in Node refers to finished exchanges until V8's next major collection,
   * and a response drags its request, headers and body along: letting go here is half of the router's memory.
   */
  #raw: ServerResponse | undefined;
  #opened: Opened = "no";
  #isOver = false;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(raw: ServerResponse, requestId: string) {
    this.#raw = raw;
    this.requestId = requestId;
    raw.on("close", () => this.#close());
    raw.on("drain", () => this.onDrain());
  }

  /** Opens the stream after `afterMs` of silence and sends a comment now and then, until something is written. */
  startHeartbeats(beats: Heartbeats): void {
    this.#heartbeat = setTimeout(() => this.#beat(beats), beats.afterMs);
  }

  /** Opens an event stream whose first bytes follow at once. */
  openStream(): void {
    this.#quieten();
    if (this.#opened !== "no" || this.#isOver) return;
    this.#opened = "stream";
    this.#raw?.writeHead(200, { ...eventStreamHeaders, ...this.#ownHeaders() });
  }

  /** Opens an answer that is not a stream; `length` in bytes when it is known. */
  openBody(status: number, contentType: string, length: string | undefined): void {
    this.#quieten();
    if (this.#isOver) return;
    this.#opened = "body";
    const size = length === undefined ? {} : { "content-length": length };
    this.#raw?.writeHead(status, { "content-type": contentType, ...size, ...this.#ownHeaders() });
  }

  /** False when the client reads slower than we write: wait for `onDrain`. */
  write(bytes: Uint8Array): boolean {
    return this.#raw?.write(bytes) ?? true;
  }

  end(bytes?: Uint8Array): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#quieten();
    this.#raw?.end(bytes);
  }

  /** Whether the client had left before its request was taken over. */
  get isGone(): boolean {
    return this.#raw?.destroyed ?? true;
  }

  /** Whether the answer began as an event stream, be it only with heartbeats. */
  get isStream(): boolean {
    return this.#opened === "stream";
  }

  /** Ends with an error in whatever way is still honest: a status, an event, or a broken connection. */
  fail(failure: Failure): void {
    if (this.#isOver) return;
    if (this.#opened === "body") return this.drop();
    if (this.#opened === "stream") return this.end(Buffer.from(failureEvent(failure)));
    const bytes = Buffer.from(JSON.stringify(failure.body));
    const retry = failure.retryAfterS === undefined ? {} : { "retry-after": String(failure.retryAfterS) };
    this.#raw?.writeHead(failure.status, {
      "content-type": "application/json; charset=utf-8",
      "content-length": bytes.length,
      ...retry,
      ...this.#ownHeaders(),
    });
    this.end(bytes);
  }

  /** Breaks the connection: the client must not take what it has for a whole answer. */
  drop(): void {
    this.#isOver = true;
    this.#quieten();
    this.#raw?.destroy();
  }

  /** Lets the connection end with this answer. */
  closeAfterwards(): void {
    if (this.#raw) this.#raw.shouldKeepAlive = false;
  }

  #beat(beats: Heartbeats): void {
    if (this.#isOver || this.#opened === "body" || !this.#raw) return;
    if (this.#opened === "no") openEventStream(this.#raw, this.#ownHeaders());
    this.#opened = "stream";
    this.#raw.write(commentText(beats.text()));
    this.#heartbeat = setTimeout(() => this.#beat(beats), beats.everyMs);
  }

  #quieten(): void {
    clearTimeout(this.#heartbeat);
  }

  #ownHeaders(): Record<string, string> {
    return this.model === ""
      ? { "x-request-id": this.requestId }
      : { "x-request-id": this.requestId, "x-benchai-model": this.model };
  }

  #close(): void {
    const wasOver = this.#isOver && this.#raw?.writableFinished === true;
    this.#isOver = true;
    this.#raw = undefined;
    this.#quieten();
    if (!wasOver) this.onGone();
  }
}
