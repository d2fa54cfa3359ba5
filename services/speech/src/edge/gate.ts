import { AppError } from "@benchai/contract/errors";

import { Admission, type Rank } from "../core/admission.ts";

/** How new durations weigh in the running mean. */
const meanWeight = 0.2;

/** Lets so many through at a time; the others wait, and who finds too many waiting is turned away. */
export class Gate {
  readonly #admission: Admission<() => void>;
  readonly #what: string;
  #meanMs = 1_000;

  /** `what` stands for those who wait, in the message of `queue_full`. */
  constructor(capacity: number, maxWaiting: number, what: string) {
    this.#admission = new Admission(capacity, maxWaiting);
    this.#what = what;
  }

  get held(): number {
    return this.#admission.held;
  }

  get waiting(): number {
    return this.#admission.waiting;
  }

  /** Waits for a place and gives the function that gives it up. Errors: `queue_full`, or the reason of `signal`. */
  async enter(signal: AbortSignal, rank: Rank = "first"): Promise<() => void> {
    signal.throwIfAborted();
    const turn = Promise.withResolvers<void>();
    const onTurn = () => turn.resolve();
    const place = this.#admission.enter(onTurn, rank);
    if (place === "full") throw this.#full();
    if (place === "waiting") await this.#wait(turn, onTurn, signal, rank);
    return this.#leaver(rank);
  }

  /** Does the work when there is a place. Errors: those of `enter`, and what `work` throws. */
  async run<T>(signal: AbortSignal, rank: Rank, work: () => Promise<T>): Promise<T> {
    const leave = await this.enter(signal, rank);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  async #wait(
    turn: PromiseWithResolvers<void>,
    onTurn: () => void,
    signal: AbortSignal,
    rank: Rank,
  ): Promise<void> {
    let hasLeft = false;
    const giveUp = () => {
      hasLeft = true;
      this.#admission.giveUp(onTurn);
      turn.reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
    // The turn came, and the abort before this line ran: the place must not be lost.
    if (!hasLeft) return;
    this.#admission.leave(rank)?.();
    signal.throwIfAborted();
  }

  #leaver(rank: Rank): () => void {
    const sinceMs = performance.now();
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#meanMs += (performance.now() - sinceMs - this.#meanMs) * meanWeight;
      this.#admission.leave(rank)?.();
    };
  }

  #full(): AppError {
    const turnMs = this.#meanMs / Math.max(1, this.held);
    const retryAfterS = Math.min(60, Math.max(1, Math.ceil(turnMs / 1_000)));
    const message = `${this.waiting} ${this.#what} wait already, which is the most. Try again in ${retryAfterS} s.`;
    return new AppError("queue_full", message, { retryAfterS });
  }
}
