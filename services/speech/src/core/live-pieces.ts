import { AppError } from "@benchai/contract/errors";
import { maxInputChars } from "@benchai/contract/speech";

import type { Piece } from "./piece.ts";
import { PieceStream, type PieceStreamOptions } from "./piece-stream.ts";
import type { TextPart } from "./text-part.ts";

/**
 * The pieces of a text that is still being written, each as soon as it is sure where it ends. However the text is parted, the
 * pieces are the same. Errors: `body_too_large` for more than `maxInputChars`; what `parts` throws.
 */
export async function* livePieces(
  parts: AsyncIterable<TextPart>,
  options: PieceStreamOptions,
): AsyncGenerator<Piece, void> {
  let stream = new PieceStream(options);
  let chars = 0;
  for await (const part of parts) {
    if (part.kind === "flush") {
      yield* stream.rest();
      stream = new PieceStream(options);
      continue;
    }
    chars += part.text.length;
    if (chars > maxInputChars)
      throw new AppError("body_too_large", `the text has more than ${maxInputChars} characters`);
    yield* stream.pieces(part.text);
  }
  yield* stream.rest();
}
