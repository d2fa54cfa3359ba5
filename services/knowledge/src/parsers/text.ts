import { chunkText } from "../core/chunkers/text.ts";
import type { ParsedDocument } from "../core/document.ts";
import { findLines } from "../core/lines.ts";
import { decodeText } from "./decode.ts";
import { nameOf, type ParserInput } from "./parser.ts";

export function parseText(input: ParserInput): ParsedDocument {
  const text = decodeText(input);
  const chunks = chunkText(findLines(text));
  return {
    format: "text",
    title: nameOf(input.path),
    text,
    tags: [],
    dateMs: undefined,
    properties: {},
    chunks,
  };
}
