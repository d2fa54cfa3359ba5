/**
 * Who may use a model now: at most `capacity` holders, the others in the order in which they came,
 * at most `maxWaiting` of them. Every operation is O(1); anyone may leave at any time.
 */
export class Turns<T> {
  readonly #holders = new Set<T>();
  readonly #waiting = new Set<T>();
  readonly #maxWaiting: number;
  #capacity: number;

  constructor(capacity: number, maxWaiting: number) {
    this.#capacity = Math.max(1, capacity);
    this.#maxWaiting = maxWaiting;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get held(): number {
    return this.#holders.size;
  }

  /** Takes a place; `full` leaves everything as it was. */
  enter(item: T): "granted" | "waiting" | "full" {
    if (this.#waiting.size === 0 && this.#holders.size < this.#capacity) {
      this.#holders.add(item);
      return "granted";
    }
    if (this.#waiting.size >= this.#maxWaiting) return "full";
    this.#waiting.add(item);
    return "waiting";
  }

  /** Gives up a place, held or waited for; call `grant` afterwards. */
  leave(item: T): void {
    if (!this.#holders.delete(item)) this.#waiting.delete(item);
  }

  /** Lowering the capacity takes no turn away; it only delays the next ones. */
  resize(capacity: number): void {
    this.#capacity = Math.max(1, capacity);
  }

  /** Gives free turns to those who waited longest, and returns them. */
  grant(): readonly T[] {
    const granted: T[] = [];
    for (const item of this.#waiting) {
      if (this.#holders.size >= this.#capacity) break;
      this.#waiting.delete(item);
      this.#holders.add(item);
      granted.push(item);
    }
    return granted;
  }
}
