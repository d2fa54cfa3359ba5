import type { TextPart } from "./text-part.ts";

/** Parts of a text between who writes them and who says them, in order. One reader. */
export class TextQueue implements AsyncIterable<TextPart> {
  readonly #parts: TextPart[] = [];
  #waiting: PromiseWithResolvers<void> | undefined;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  push(part: TextPart): void {
    if (this.#isOver) return;
    this.#parts.push(part);
    this.#waiting?.resolve();
  }

  /** There is no more; with `error`, since something broke, which the reader is thrown at the end. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#waiting?.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TextPart, void> {
    for (;;) {
      const part = this.#parts.shift();
      if (part) yield part;
      else if (this.#isOver) break;
      else await this.#more();
    }
    if (this.#failure) throw this.#failure.error;
  }

  async #more(): Promise<void> {
    this.#waiting = Promise.withResolvers<void>();
    await this.#waiting.promise;
    this.#waiting = undefined;
  }
}
