/** Which keys fit into so many bytes: the least recently used one goes first. */
export class ByteLru {
  readonly #maxBytes: number;
  /** Least recently used first: a `Map` keeps the order of insertion. */
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of all keys together; never more than `maxBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  sizeOf(key: string): number | undefined {
    return this.#sizes.get(key);
  }

  /** Whether one entry may be so large: a few of them must not push out everything else. */
  takes(bytes: number): boolean {
    return bytes * 4 <= this.#maxBytes;
  }

  /** Adds a key that `takes` allows, as the last used one. Gives the keys that had to go. */
  add(key: string, bytes: number): readonly string[] {
    this.delete(key);
    const gone: string[] = [];
    for (const [oldest] of this.#sizes) {
      if (this.#bytes + bytes <= this.#maxBytes) break;
      gone.push(oldest);
      this.delete(oldest);
    }
    this.#sizes.set(key, bytes);
    this.#bytes += bytes;
    return gone;
  }

  /** Makes a key the last used one. */
  touch(key: string): void {
    const bytes = this.#sizes.get(key);
    if (bytes === undefined) return;
    this.#sizes.delete(key);
    this.#sizes.set(key, bytes);
  }

  delete(key: string): void {
    this.#bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }
}
