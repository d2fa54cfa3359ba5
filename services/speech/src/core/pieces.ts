import type { Piece } from "./piece.ts";
import { PieceStream, stepChars } from "./piece-stream.ts";
import { ssmlPieces } from "./ssml/ssml-pieces.ts";

export type PieceOptions = {
  readonly format: "auto" | "markdown" | "ssml" | "text";
  /** BCP 47: of the words that are put in, and of the rules for sentences. */
  readonly language: string;
};

const ssmlStart = /^[\ufeff\s]*(?:<\?xml[^<>]{0,200}\?>\s*)?<(?:speak[\s/>]|!DOCTYPE\s+speak)/u;

/** Whether a text that says nothing of its format is SSML. */
function isSsml(text: string): boolean {
  return ssmlStart.test(text.slice(0, 1_024));
}

/** Nothing to hear: a place to stop at in a long part of a text that is not said, so that no step takes long. */
const breath: Piece = { kind: "pause", ms: 0 };

function* read(text: string, stream: PieceStream): Generator<Piece> {
  for (let at = 0; at < text.length; at += stepChars) {
    let isSilent = true;
    for (const piece of stream.pieces(text.slice(at, at + stepChars))) {
      isSilent = false;
      yield piece;
    }
    if (isSilent) yield breath;
  }
  yield* stream.rest();
}

/**
 * What `text` sounds like, piece by piece; each is worked out when it is asked for. `auto` takes what begins with `<speak` for
 * SSML and all else for Markdown. Errors, before the first piece: `ssml_malformed` with line and column.
 */
export function piecesOf(text: string, { format, language }: PieceOptions): Iterable<Piece> {
  if (format === "ssml" || (format === "auto" && isSsml(text))) return ssmlPieces(text, language);
  return read(text, new PieceStream({ language, markdown: format !== "text" }));
}
