import type { Snapshot } from "@benchai/contract/models";

/** Holds the newest snapshot and hands it to whoever listens, when it differs from the last. */
export class Publisher {
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  #newest: Snapshot | undefined;
  #text = "";

  get newest(): Snapshot | undefined {
    return this.#newest;
  }

  publish(snapshot: Snapshot): void {
    const text = JSON.stringify(snapshot);
    this.#newest = snapshot;
    if (text === this.#text) return;
    this.#text = text;
    for (const listener of this.#listeners) listener(snapshot);
  }

  /** Calls `listener` on every change until the returned function is called. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
