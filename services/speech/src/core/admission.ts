/** `first`: somebody hears nothing until it is done. `ahead`: it is made before it is needed. `job`: nobody listens yet. */
export type Rank = "first" | "ahead" | "job";

/** So many of rank `first` pass while one of rank `ahead` waits; then that one goes, so that it gets its turn for sure. */
const maxOvertakers = 4;
/** So many of both pass while one of rank `job` waits. */
const maxJobOvertakers = 16;

/**
 * Who may go now: at most `capacity` at a time, at most `maxWaiting` wait. Within a rank in the order in which they came; `first`
 * before `ahead` before `job`, though not for ever. Jobs leave one place free, where there is more than one: who comes next and
 * is listened to does not wait for a job.
 */
export class Admission<T> {
  readonly #capacity: number;
  readonly #jobCapacity: number;
  readonly #maxWaiting: number;
  readonly #waiting: Record<Rank, T[]> = { first: [], ahead: [], job: [] };
  #held = 0;
  #heldByJobs = 0;
  #overtakers = 0;
  #jobOvertakers = 0;

  constructor(capacity: number, maxWaiting: number) {
    this.#capacity = Math.max(1, capacity);
    this.#jobCapacity = Math.max(1, this.#capacity - 1);
    this.#maxWaiting = maxWaiting;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    const { first, ahead, job } = this.#waiting;
    return first.length + ahead.length + job.length;
  }

  /** Takes a place; `full` leaves everything as it was. */
  enter(item: T, rank: Rank): "granted" | "waiting" | "full" {
    const { first, ahead, job } = this.#waiting;
    const isFree = this.#held < this.#capacity && first.length === 0 && ahead.length === 0;
    if (isFree && (rank !== "job" || (job.length === 0 && this.#mayJobGo()))) {
      this.#hold(rank);
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

  /** One who held a place with this rank is done. Gives who has it now. */
  leave(rank: Rank): T | undefined {
    this.#held -= 1;
    if (rank === "job") this.#heldByJobs -= 1;
    const next = this.#nextRank();
    if (next === undefined) return undefined;
    this.#hold(next);
    return this.#waiting[next].shift();
  }

  #hold(rank: Rank): void {
    this.#held += 1;
    if (rank === "job") this.#heldByJobs += 1;
  }

  #mayJobGo(): boolean {
    return this.#heldByJobs < this.#jobCapacity;
  }

  #nextRank(): Rank | undefined {
    const live = this.#nextLiveRank();
    const isJobWaiting = this.#waiting.job.length > 0 && this.#mayJobGo();
    const isJobDue = isJobWaiting && (live === undefined || this.#jobOvertakers >= maxJobOvertakers);
    this.#jobOvertakers = isJobDue || !isJobWaiting ? 0 : this.#jobOvertakers + 1;
    if (isJobDue) return "job";
    this.#overtakers = live === "first" && this.#waiting.ahead.length > 0 ? this.#overtakers + 1 : 0;
    return live;
  }

  #nextLiveRank(): "first" | "ahead" | undefined {
    const { first, ahead } = this.#waiting;
    if (ahead.length > 0 && (first.length === 0 || this.#overtakers >= maxOvertakers)) return "ahead";
    return first.length > 0 ? "first" : undefined;
  }
}
