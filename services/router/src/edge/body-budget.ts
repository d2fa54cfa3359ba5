import type { IncomingMessage, ServerResponse } from "node:http";

import { AppError } from "@benchai/contract/errors";

/** Bodies up to this size never have to wait for others, in bytes: the queues' lengths bound them. */
const smallBytes = 64 * 1_024;

/**
 * What a body counts as that does not say its length (a chunked one), in bytes: more than almost all have, yet so
 * little that a client which always sends chunks can have two dozen requests under way.
 */
const unknownBytes = 4 * 1_024 * 1_024;

/**
 * How many bytes of large bodies the router holds at a time, over all models: being received, waiting, or at a
 * worker that may have to be replaced. Beyond that a large body is refused before it is read (S35).
 */
export class BodyBudget {
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes room for a request's body until its answer is closed; throws `queue_full` when there is none. */
  reserve(request: IncomingMessage, response: ServerResponse): void {
    const announced = request.headers["content-length"];
    const bytes = announced === undefined ? unknownBytes : Number(announced);
    if (bytes <= smallBytes) return;
    // One body always fits, however small the budget.
    if (this.#heldBytes > 0 && this.#heldBytes + bytes > this.#maxBytes)
      throw new AppError("queue_full", "too many large requests at once; try again", { retryAfterS: 2 });
    this.#heldBytes += bytes;
    response.once("close", () => (this.#heldBytes -= bytes));
  }
}
