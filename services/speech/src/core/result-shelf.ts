type Kept = { readonly bytes: number; readonly finishedMs: number };

/** Which results are kept: together at most `maxBytes` with what is being written, and none for longer than `maxAgeMs`. */
export class ResultShelf {
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #writing = 0;

  constructor(maxBytes: number, maxAgeMs: number) {
    this.#maxBytes = maxBytes;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Of all results, and of what is being written. */
  get bytes(): number {
    return this.#bytes + this.#writing;
  }

  has(id: string): boolean {
    return this.#kept.has(id);
  }

  add(id: string, kept: Kept): void {
    this.delete(id);
    this.#kept.set(id, kept);
    this.#bytes += kept.bytes;
  }

  delete(id: string): void {
    this.#bytes -= this.#kept.get(id)?.bytes ?? 0;
    this.#kept.delete(id);
  }

  /** Notes bytes of an unfinished result, fewer when it is negative. Gives the results that must go for it, oldest first. */
  write(bytes: number): readonly string[] {
    this.#writing += bytes;
    return this.#remove(() => this.isOver);
  }

  /** Whether there is more than may be, although nothing is left that could go. */
  get isOver(): boolean {
    return this.bytes > this.#maxBytes;
  }

  /** Gives the results that have become too old. */
  expire(nowMs: number): readonly string[] {
    return this.#remove((id) => nowMs - (this.#kept.get(id)?.finishedMs ?? nowMs) >= this.#maxAgeMs);
  }

  #remove(mustGo: (id: string) => boolean): readonly string[] {
    const byAge = [...this.#kept].toSorted(([, a], [, b]) => a.finishedMs - b.finishedMs);
    const gone: string[] = [];
    for (const [id] of byAge) {
      if (!mustGo(id)) continue;
      this.delete(id);
      gone.push(id);
    }
    return gone;
  }
}
