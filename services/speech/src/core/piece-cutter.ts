import { partsOf, pieceLength } from "./cut.ts";
import type { Piece, SpokenPiece } from "./piece.ts";
import { isAudible, speakable } from "./speakable/speakable.ts";

/** The first sound starts early. */
const firstChars = 60;
/** What engines say in one breath and in a bounded time. */
const maxChars = 300;

/** A longer row of signs alone is decoration. */
const maxSignChars = 16;

/** What all pieces of a part of a text have in common; `restore` puts back what must not be read as text. */
export type Style = {
  readonly rate: number;
  readonly language?: string;
  readonly restore?: (text: string) => string;
};

const plainStyle: Style = { rate: 1 };

/** Cuts plain text, as it arrives, into pieces in words, with pauses between them: never one at the beginning or the end. */
export class PieceCutter {
  readonly #language: string;
  #style: Style = plainStyle;
  #text = "";
  #at = 0;
  #isFirst = true;
  #pauseMs = 0;

  constructor(language: string) {
    this.#language = language;
  }

  add(text: string): void {
    const rest = this.#text.slice(this.#at);
    const single = text.replace(/[ \t\n]+/gu, " ");
    this.#text = rest === "" || rest.endsWith(" ") ? rest + single.replace(/^ /u, "") : rest + single;
    this.#at = 0;
  }

  /** What can be cut now; all of it when nothing follows (`ended`). */
  *take(ended: boolean): Generator<Piece> {
    const language = this.#style.language ?? this.#language;
    for (;;) {
      if (this.#text.charAt(this.#at) === " ") this.#at += 1;
      const length = pieceLength(
        this.#text,
        this.#at,
        this.#isFirst ? firstChars : maxChars,
        language,
        ended,
      );
      if (length === undefined) break;
      const text = this.#text.slice(this.#at, this.#at + length);
      this.#at += length;
      yield* this.#say(text, language);
    }
    if (ended) this.#text = "";
    if (ended) this.#at = 0;
  }

  /** All that is left, and silence before what may follow. */
  *end(pauseMs: number): Generator<Piece> {
    yield* this.take(true);
    this.pause(pauseMs);
  }

  /** Of several pauses at one place the longest is heard. */
  pause(ms: number): void {
    this.#pauseMs = Math.max(this.#pauseMs, ms);
  }

  /** All that is left in the style it has; what follows has another one. */
  *restyle(style: Style): Generator<Piece> {
    yield* this.take(true);
    this.#style = style;
  }

  *#say(text: string, language: string): Generator<Piece> {
    if (text.length > maxSignChars && !isAudible(text)) return;
    const spoken = speakable(text, language);
    const parts = spoken.length > maxChars ? partsOf(spoken, maxChars, language) : [spoken];
    for (const part of parts) {
      const restored = (this.#style.restore?.(part) ?? part).trim();
      if (isAudible(restored)) yield* this.whole({ text: restored });
    }
  }

  /** One piece that is said as it is. */
  *whole(piece: Pick<SpokenPiece, "ipa" | "text">): Generator<Piece> {
    if (this.#pauseMs > 0 && !this.#isFirst) yield { kind: "pause", ms: this.#pauseMs };
    this.#pauseMs = 0;
    this.#isFirst = false;
    const { rate, language } = this.#style;
    yield { kind: "speech", rate, ...piece, ...(language === undefined ? {} : { language }) };
  }
}
