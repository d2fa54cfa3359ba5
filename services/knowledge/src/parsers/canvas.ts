import { AppError } from "@benchai/contract/errors";

import type { ParsedDocument } from "../core/document.ts";
import { parseCanvas } from "../core/vault/canvas.ts";
import { canvasContent } from "../core/vault/note-content.ts";
import { decodeText } from "./decode.ts";
import { fromMarkdown } from "./markdown.ts";
import { nameOf, type ParserInput } from "./parser.ts";

/** The cards with text of an Obsidian canvas, one after the other; its lines count in what was extracted. */
export function parseCanvasFile(input: ParserInput): ParsedDocument {
  const canvas = parseCanvas(decodeText(input));
  if (canvas.problem !== undefined)
    throw new AppError("document_unreadable", `${input.path}: ${canvas.problem}`);
  const text = canvas.cards.map((card) => card.text.replaceAll(/\r\n?/gu, "\n")).join("\n\n");
  const document = fromMarkdown("canvas", text, input.path, nameOf(input.path));
  return input.isNote ? { ...document, note: canvasContent(canvas) } : document;
}
