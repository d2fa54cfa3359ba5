import { AppError } from "@benchai/contract/errors";
import { SaxesParser } from "saxes";

import { cleaned } from "../characters.ts";

/** Where something stands in the text, from 1. */
export type Place = { readonly line: number; readonly column: number };

export type SsmlToken =
  | {
      readonly kind: "open";
      readonly name: string;
      readonly attributes: Readonly<Record<string, string>>;
      readonly place: Place;
    }
  | { readonly kind: "close"; readonly name: string }
  | { readonly kind: "text"; readonly text: string };

/** `ssml_malformed`, with the place. */
export function malformed(place: Place, reason: string): AppError {
  const where = `line ${place.line}, column ${place.column}`;
  return new AppError("ssml_malformed", `SSML, ${where}: ${reason}`, { param: "input" });
}

/** saxes counts columns from 0 and puts the place before its own messages. */
function placeOf(parser: SaxesParser): Place {
  return { line: parser.line, column: parser.column + 1 };
}

/**
 * The elements and texts of an SSML document (W3C SSML 1.1), in order; comments and instructions are left out. Entities are
 * XML's own five and numbers: a document type is refused, so nothing can be declared. Errors: `ssml_malformed`.
 */
export function parseSsml(source: string): readonly SsmlToken[] {
  const tokens: SsmlToken[] = [];
  const parser = new SaxesParser({ xmlns: false, position: true });
  const fail = (reason: string): never => {
    throw malformed(placeOf(parser), reason);
  };
  parser.on("error", (error) => fail(error.message.replace(/^(?:\S*:)?\d+:\d+: /u, "")));
  parser.on("doctype", () => fail("a document type is not allowed"));
  parser.on("opentag", ({ name, attributes }) => {
    if (tokens.length === 0 && name !== "speak")
      fail(`the outermost element is "speak", not "${name.slice(0, 40)}"`);
    tokens.push({ kind: "open", name, attributes, place: placeOf(parser) });
  });
  parser.on("closetag", ({ name }) => tokens.push({ kind: "close", name }));
  parser.on("text", (text) => tokens.length > 0 && tokens.push({ kind: "text", text: cleaned(text) }));
  parser.on("cdata", (text) => tokens.push({ kind: "text", text: cleaned(text) }));
  parser.write(source.replace(/^[\ufeff\s]+(?=<\?xml)/u, "")).close();
  return tokens;
}
