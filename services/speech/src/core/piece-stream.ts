import { assertNever } from "@benchai/kernel/assert-never";

import { CharacterStream } from "./characters.ts";
import { type BlockPart, pauseMs } from "./markdown/block.ts";
import { BlockReader } from "./markdown/blocks.ts";
import { BlockText, rowText } from "./markdown/block-text.ts";
import type { Piece } from "./piece.ts";
import { PieceCutter } from "./piece-cutter.ts";
import type { Words } from "./speakable/words.ts";
import { wordsOf } from "./speakable/words-of.ts";

export type PieceStreamOptions = {
  /** BCP 47. */
  readonly language: string;
  /** False for plain text: its signs are no markup. */
  readonly markdown?: boolean;
};

/** How much is looked at at a time, however much there is. */
export const stepChars = 1_024;

/**
 * Text that arrives in parts, cut into pieces as soon as it is sure where one ends. However the text is parted, the pieces are
 * the same.
 */
export class PieceStream {
  readonly #characters = new CharacterStream();
  readonly #blocks: BlockReader;
  readonly #text: BlockText;
  readonly #cutter: PieceCutter;
  readonly #words: Words | undefined;
  readonly #markdown: boolean;

  constructor({ language, markdown = true }: PieceStreamOptions) {
    this.#words = wordsOf(language);
    this.#markdown = markdown;
    this.#blocks = new BlockReader({ markdown });
    this.#text = new BlockText(this.#words);
    this.#cutter = new PieceCutter(language);
  }

  /** The pieces that `delta` completes. */
  push(delta: string): Piece[] {
    return [...this.pieces(delta)];
  }

  /** What is left. */
  end(): Piece[] {
    return [...this.rest()];
  }

  /** `push`, one piece at a time. All of it must be taken before the next part comes. */
  *pieces(delta: string): Generator<Piece> {
    for (let at = 0; at < delta.length; at += stepChars) {
      this.#blocks.push(this.#characters.push(delta.slice(at, at + stepChars)));
      yield* this.#read(false);
    }
  }

  /** `end`, one piece at a time. */
  *rest(): Generator<Piece> {
    this.#blocks.push(this.#characters.end());
    yield* this.#read(true);
  }

  *#read(ended: boolean): Generator<Piece> {
    for (const part of this.#blocks.read(ended)) yield* this.#part(part);
  }

  *#part(part: BlockPart): Generator<Piece> {
    switch (part.kind) {
      case "text":
        yield* this.#inline(part.raw);
        return;
      case "announce":
        yield* this.#block(this.#words?.[part.what] ?? "", pauseMs.code);
        return;
      case "lead":
        this.#cutter.add(this.#lead(part));
        return;
      case "row":
        yield* this.#block(rowText(part.cells, this.#words), pauseMs.row);
        return;
      case "end":
        this.#cutter.add([...this.#text.read(true)].join(""));
        yield* this.#cutter.end(part.pauseMs);
        return;
      default:
        assertNever(part);
    }
  }

  *#inline(raw: string): Generator<Piece> {
    if (this.#markdown) {
      this.#text.push(raw);
      this.#cutter.add([...this.#text.read(false)].join(""));
    } else {
      this.#cutter.add(raw);
    }
    yield* this.#cutter.take(false);
  }

  *#block(text: string, pause: number): Generator<Piece> {
    this.#cutter.add(text);
    yield* this.#cutter.end(pause);
  }

  #lead({ what, number }: Extract<BlockPart, { kind: "lead" }>): string {
    const word = this.#words?.[what];
    if (word === undefined) return "";
    return number === undefined ? `${word}: ` : `${word} ${number}: `;
  }
}
