/** What a roster writes into its members. */
export type Listed = { rosterIndex: number };

/**
 * An unordered collection that members join and leave in O(1), without garbage. Not a `Set`: see `Turns`.
 * A member is in one roster at a time.
 */
export class Roster<T extends Listed> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    member.rosterIndex = this.#members.push(member) - 1;
  }

  delete(member: T): void {
    const last = this.#members.pop();
    if (!last || last === member) return;
    this.#members[member.rosterIndex] = last;
    last.rosterIndex = member.rosterIndex;
  }

  /** The members as they are now; they may leave while these are visited. */
  list(): readonly T[] {
    return [...this.#members];
  }
}
