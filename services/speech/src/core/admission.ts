/** `first`: somebody hears nothing until it is done. `ahead`: it is made before it is needed. */
export type Rank = "first" | "ahead";

/** So many of rank `first` pass while one of rank `ahead` waits; then that one goes, so that it gets its turn for sure. */
const maxOvertakers = 4;

/**
 * Who may go now: at most `capacity` at a time, at most `maxWaiting` wait. Within a rank in the order in which they came; `first`
 * before `ahead`, though not for ever.
 */
export class Admission<T> {
  readonly #capacity: number;
  readonly #maxWaiting: number;
  readonly #waiting: Record<Rank, T[]> = { first: [], ahead: [] };
  #held = 0;
  #overtakers = 0;

  constructor(capacity: number, maxWaiting: number) {
    this.#capacity = Math.max(1, capacity);
    this.#maxWaiting = maxWaiting;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiting.first.length + this.#waiting.ahead.length;
  }

  /** Takes a place; `full` leaves everything as it was. */
  enter(item: T, rank: Rank): "granted" | "waiting" | "full" {
    if (this.#held < this.#capacity && this.waiting === 0) {
      this.#held += 1;
      return "granted";
    }
    if (this.waiting >= this.#maxWaiting) return "full";
    this.#waiting[rank].push(item);
    return "waiting";
  }

  /** Takes one who waits out of the line. */
  giveUp(item: T): void {
    for (const line of Object.values(this.#waiting)) {
      const at = line.indexOf(item);
      if (at !== -1) line.splice(at, 1);
    }
  }

  /** One who held a place is done. Gives who has it now. */
  leave(): T | undefined {
    const next = this.#next();
    if (next === undefined) this.#held -= 1;
    return next;
  }

  #next(): T | undefined {
    const { first, ahead } = this.#waiting;
    const isAheadDue = first.length === 0 || (ahead.length > 0 && this.#overtakers >= maxOvertakers);
    this.#overtakers = isAheadDue || ahead.length === 0 ? 0 : this.#overtakers + 1;
    return isAheadDue ? ahead.shift() : first.shift();
  }
}
