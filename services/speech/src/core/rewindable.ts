/**
 * A source that can be read once more from its beginning, until `forget`: for a reader that may fail before anything has come of
 * what it read. One reader at a time; whoever made the source ends it.
 */
export class Rewindable<T> implements AsyncIterable<T> {
  readonly #source: AsyncIterator<T>;
  #kept: Promise<IteratorResult<T>>[] | undefined = [];
  #again: Promise<IteratorResult<T>>[] = [];

  constructor(source: AsyncIterator<T>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return { next: () => this.#next() };
  }

  /** The next reader begins at the beginning. */
  rewind(): void {
    this.#again = [...(this.#kept ?? []), ...this.#again];
    this.#kept &&= [];
  }

  /** Nobody will have to begin again: nothing more is kept. */
  forget(): void {
    this.#kept = undefined;
  }

  /** Promises, since a reader may have left while it waited: the item that it waited for is the next one's. */
  #next(): Promise<IteratorResult<T>> {
    const next = this.#again.shift() ?? this.#source.next();
    this.#kept?.push(next);
    return next;
  }
}
