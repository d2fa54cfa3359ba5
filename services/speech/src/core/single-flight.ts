import { abortable } from "./abortable.ts";

type Flight<T> = { readonly work: Promise<T>; readonly abort: AbortController; waiters: number };

/**
 * Work that several ask for at once is done once. Each waiter leaves by its own signal; the work is aborted when the last
 * one has left, and who comes after that starts anew. What fails, fails for all who wait.
 */
export class SingleFlight<Key, T> {
  readonly #flights = new Map<Key, Flight<T>>();

  /** Errors: what `work` throws, or the reason of `signal`. */
  async run(key: Key, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiters += 1;
    try {
      return await abortable(signal, flight.work);
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0) this.#end(key, flight);
    }
  }

  #start(key: Key, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const abort = new AbortController();
    const flight = { work: work(abort.signal), abort, waiters: 0 };
    this.#flights.set(key, flight);
    // Waiters hear of a failure through the race; the flight must not outlive its work in the map.
    const ended = () => this.#forget(key, flight);
    flight.work.then(ended, ended);
    return flight;
  }

  /** To abort work that has ended does nothing. */
  #end(key: Key, flight: Flight<T>): void {
    this.#forget(key, flight);
    flight.abort.abort();
  }

  #forget(key: Key, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
