import { randomBytes } from "node:crypto";

/** Ids for `x-request-id`, unique over restarts; never taken from a client, since they go into logs. */
export class RequestIds {
  readonly #prefix = randomBytes(6).toString("hex");
  #count = 0;

  next(): string {
    this.#count += 1;
    return `req_${this.#prefix}${this.#count.toString(36)}`;
  }
}
