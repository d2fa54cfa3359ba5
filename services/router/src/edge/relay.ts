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
  readonly #frames = new SseFrames(heldBytes);

  constructor(client: ClientResponse) {
    this.#client = client;
  }

  push(chunk: Buffer): boolean {
    const events = this.#frames.push(chunk);
    if (!events) return true;
    if (!this.hasStarted) this.#client.openStream();
    this.hasStarted = true;
    return this.#client.write(events);
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
  #held: Buffer[] = [];
  #bytes = 0;

  constructor(client: ClientResponse, head: BodyHead) {
    this.#client = client;
    this.#head = head;
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
      const body = this.#held.length > 1 ? Buffer.concat(this.#held) : first;
      this.#client.openBody(this.#head.status, this.#head.contentType, String(body.length));
      this.#client.end(body);
    }
    return true;
  }

  #start(): boolean {
    this.hasStarted = true;
    this.#client.openBody(this.#head.status, this.#head.contentType, this.#head.contentLength);
    const held = Buffer.concat(this.#held);
    this.#held = [];
    return this.#client.write(held);
  }
}
