/** One piece of work at a time for each key, in the order asked for. */
export class Locks<Key> {
  readonly #tails = new Map<Key, Promise<unknown>>();

  /** Runs `work` when all that was asked for with this key before has ended; rejects when `signal` aborts before. */
  async run<T>(key: Key, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(() => {
      signal.throwIfAborted();
      return work();
    });
    const tail = mine.catch(() => undefined);
    this.#tails.set(key, tail);
    void tail.then(() => this.#tails.get(key) === tail && this.#tails.delete(key));
    return mine;
  }
}

/** The same with several keys at once. All take them in one order, so that none waits for another in a circle. */
export async function runLocked<T>(
  locks: Locks<string>,
  keys: readonly string[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const sorted = [...new Set(keys)].toSorted();
  return sorted.reduceRight((inner, key) => () => locks.run(key, signal, inner), work)();
}
