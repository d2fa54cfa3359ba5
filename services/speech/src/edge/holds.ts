import { setTimeout as sleep } from "node:timers/promises";

/** Holds back work that has time while there is other that has none. */
export class Holds {
  #count = 0;
  #free: PromiseWithResolvers<void> | undefined;

  /** Holds until the answer is called. */
  hold(): () => void {
    let isHeld = true;
    this.#count += 1;
    this.#free ??= Promise.withResolvers();
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#count -= 1;
      if (this.#count > 0) return;
      this.#free?.resolve();
      this.#free = undefined;
    };
  }

  /** Waits until nothing holds, at most so long: what has time must get on as well. Errors: the reason of `signal`. */
  async wait(mostMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#free) return;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    try {
      await Promise.race([this.#free.promise, sleep(mostMs, undefined, { signal: either })]);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      over.abort();
    }
  }
}
