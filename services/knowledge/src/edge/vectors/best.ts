export type Candidate = { readonly chunkId: number; readonly score: number };

/** Keeps the best of many candidates: up to twice as many are gathered, then sorted and cut. */
export class Best {
  /** What a candidate must exceed to be kept. */
  threshold = -Infinity;
  readonly #count: number;
  #gathered: Candidate[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  offer(chunkId: number, score: number): void {
    this.#gathered.push({ chunkId, score });
    if (this.#gathered.length >= 2 * this.#count) this.#cut();
  }

  /** The best, the highest score first; equal ones by their ids. */
  take(): readonly Candidate[] {
    this.#cut();
    return this.#gathered;
  }

  #cut(): void {
    this.#gathered = this.#gathered
      .toSorted((a, b) => b.score - a.score || a.chunkId - b.chunkId)
      .slice(0, this.#count);
    if (this.#gathered.length === this.#count) this.threshold = this.#gathered.at(-1)?.score ?? -Infinity;
  }
}
