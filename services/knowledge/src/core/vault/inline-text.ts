import { lineAt, type TextLines } from "../lines.ts";
import type { Piece } from "./blocks.ts";

/** The text of a block, its lines joined by `\n`, which knows where each of its characters stands in the note. */
export class InlineText {
  readonly source: string;
  readonly #pieces: readonly Piece[];
  /** Its lines are the pieces. */
  readonly #lines: TextLines;
  /** The piece that was asked for last: mostly it is the one that is asked for next. */
  #last = 0;

  constructor(text: string, pieces: readonly Piece[]) {
    this.source = pieces.map(({ from, to }) => text.slice(from, to)).join("\n");
    this.#pieces = pieces;
    let next = 0;
    const starts = pieces.map(({ from, to }) => {
      const start = next;
      next += to - from + 1;
      return start;
    });
    this.#lines = { text: this.source, starts };
  }

  /** The offset in the note. */
  offsetOf(at: number): number {
    const index = this.#indexOf(at);
    return (this.#pieces[index]?.from ?? 0) + at - (this.#lines.starts[index] ?? 0);
  }

  /** The line in the note, from 1. */
  lineOf(at: number): number {
    return (this.#pieces[this.#indexOf(at)]?.line ?? 0) + 1;
  }

  #indexOf(at: number): number {
    if (this.#isIn(this.#last, at)) return this.#last;
    this.#last = this.#isIn(this.#last + 1, at) ? this.#last + 1 : lineAt(this.#lines, at);
    return this.#last;
  }

  #isIn(index: number, at: number): boolean {
    const { starts } = this.#lines;
    return (starts[index] ?? Infinity) <= at && at < (starts[index + 1] ?? Infinity);
  }
}

/** Finds the next place of a mark; whatever the questions, as long as they go forward, in time linear in the text. */
export class NextPlace {
  readonly #find: (from: number) => number;
  #asked = -1;
  #found = -1;

  /** `find` answers -1 when there is no further place. */
  constructor(find: (from: number) => number) {
    this.#find = find;
  }

  /** The first place at or after `from`; infinite when there is none. */
  after(from: number): number {
    const isKnown = this.#asked !== -1 && from >= this.#asked && from <= this.#found;
    if (isKnown) return this.#found;
    this.#asked = from;
    const found = this.#find(from);
    this.#found = found === -1 ? Number.POSITIVE_INFINITY : found;
    return this.#found;
  }
}
