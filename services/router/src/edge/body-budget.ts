import type { IncomingMessage, ServerResponse } from "node:http";

import { AppError } from "@benchai/contract/errors";

/** Bodies up to this size never have to wait for others, in bytes: the queues' lengths bound them. */
const smallBytes = 64 * 1_024;

/**
 * How many bytes of large bodies the router holds at a time, over all models: being received, waiting, or at a
 * worker that may have to be replaced. Beyond that a large body is refused before it is read (S35).
 */
export class BodyBudget {
  readonly #maxBytes: number;
  readonly #limitBytes: number;
  #heldBytes = 0;

  /** `limitBytes`: what a body of unknown length counts as, which is the most it can have. */
  constructor(maxBytes: number, limitBytes: number) {
    this.#maxBytes = maxBytes;
    this.#limitBytes = limitBytes;
  }

  /** Takes room for a request's body until its answer is closed; throws `queue_full` when there is none. */
  reserve(request: IncomingMessage, response: ServerResponse): void {
    const announced = request.headers["content-length"];
    const bytes = announced === undefined ? this.#limitBytes : Number(announced);
    if (bytes <= smallBytes) return;
    // One body always fits, however small the budget.
    if (this.#heldBytes > 0 && this.#heldBytes + bytes > this.#maxBytes)
      throw new AppError("queue_full", "too many large requests at once; try again", { retryAfterS: 2 });
    this.#heldBytes += bytes;
    response.once("close", () => (this.#heldBytes -= bytes));
  }
}
