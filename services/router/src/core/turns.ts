/**
 * Who may use a model now: at most `capacity` holders, the others in the order in which they came, at most
 * `maxWaiting` of them. Holders are counted, not kept: a `Set` that many short-lived members pass through keeps
 * them alive until V8's next major collection, which tripled the router's memory.
 */
export class Turns<T> {
  readonly #waiting: T[] = [];
  readonly #maxWaiting: number;
  #held = 0;
  #capacity: number;

  constructor(capacity: number, maxWaiting: number) {
    this.#capacity = Math.max(1, capacity);
    this.#maxWaiting = maxWaiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get held(): number {
    return this.#held;
  }

  /** Takes a place; `full` leaves everything as it was. */
  enter(item: T): "granted" | "waiting" | "full" {
    if (this.#waiting.length === 0 && this.#held < this.#capacity) {
      this.#held += 1;
      return "granted";
    }
    if (this.#waiting.length >= this.#maxWaiting) return "full";
    this.#waiting.push(item);
    return "waiting";
  }

  /** Gives up the place of an item that has one, held or waited for; call `grant` afterwards. */
  leave(item: T): void {
    const at = this.#waiting.indexOf(item);
    if (at === -1) this.#held -= 1;
    else this.#waiting.splice(at, 1);
  }

  /** Lowering the capacity takes no turn away; it only delays the next ones. */
  resize(capacity: number): void {
    this.#capacity = Math.max(1, capacity);
  }

  /** Gives free turns to those who waited longest, and returns them. */
  grant(): readonly T[] {
    const free = Math.min(this.#waiting.length, this.#capacity - this.#held);
    if (free <= 0) return [];
    this.#held += free;
    return this.#waiting.splice(0, free);
  }
}
