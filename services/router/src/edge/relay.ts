import type { AnswerEditor } from "../core/answer-editor.ts";
import { SseFrames } from "../core/sse-frames.ts";
import type { ClientResponse } from "./client-response.ts";

/** Passes the body of a worker's successful answer on to the client. */
export type Relay = {
  /** Whether the client has got any of it: from then on nothing can be retried. */
  readonly hasStarted: boolean;
  /** False when the client reads slower than the worker writes. */
  push(chunk: Buffer): boolean;
  /** The worker is done; false when the answer is not complete. */
  finish(): boolean;
};

/** What is held back of an answer until it goes on as it comes: deaths before that can be retried. */
const heldBytes = 1_024 * 1_024;

/** Passes whole server-sent events on, so that an error event never lands inside another one. */
export class StreamRelay implements Relay {
  hasStarted = false;
  readonly #client: ClientResponse;
  readonly #editor: AnswerEditor | undefined;
  readonly #frames = new SseFrames(heldBytes);

  constructor(client: ClientResponse, editor: AnswerEditor | undefined) {
    this.#client = client;
    this.#editor = editor;
  }

  push(chunk: Buffer): boolean {
    const events = this.#frames.push(chunk);
    if (!events) return true;
    if (!this.hasStarted) this.#client.openStream();
    this.hasStarted = true;
    return this.#client.write(this.#editor?.events(events, this.#frames.isDone) ?? events);
  }

  finish(): boolean {
    if (!this.#frames.isDone) return false;
    this.#client.end();
    return true;
  }
}

export type BodyHead = {
  readonly status: number;
  readonly contentType: string;
  readonly contentLength: string | undefined;
};

/** Holds an answer back until it is complete, or larger than 1 MiB; then passes it on as it comes. */
export class BodyRelay implements Relay {
  hasStarted = false;
  readonly #client: ClientResponse;
  readonly #head: BodyHead;
  readonly #editor: AnswerEditor | undefined;
  #held: Buffer[] = [];
  #bytes = 0;

  constructor(client: ClientResponse, head: BodyHead, editor: AnswerEditor | undefined) {
    this.#client = client;
    this.#head = head;
    this.#editor = editor;
  }

  push(chunk: Buffer): boolean {
    if (this.hasStarted) return this.#client.write(chunk);
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes <= heldBytes || this.#start();
  }

  finish(): boolean {
    if (this.hasStarted) this.#client.end();
    else {
      const [first = Buffer.alloc(0)] = this.#held;
      const whole = this.#held.length > 1 ? Buffer.concat(this.#held) : first;
      const body = this.#editor?.body(whole, true) ?? whole;
      this.#client.openBody(this.#head.status, this.#head.contentType, String(body.length));
      this.#client.end(body);
    }
    return true;
  }

  #start(): boolean {
    this.hasStarted = true;
    const held = Buffer.concat(this.#held);
    const edited = this.#editor?.body(held, false) ?? held;
    const { status, contentType, contentLength } = this.#head;
    const length = contentLength && String(Number(contentLength) + edited.length - held.length);
    this.#client.openBody(status, contentType, length);
    this.#held = [];
    return this.#client.write(edited);
  }
}
