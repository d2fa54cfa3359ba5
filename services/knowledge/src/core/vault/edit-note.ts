import { assertNever } from "@benchai/kernel/assert-never";

import { findLines, type TextLines } from "../lines.ts";
import { blockEdit } from "./edit-block.ts";
import { propertyEdit } from "./edit-property.ts";
import { sectionEdit } from "./edit-section.ts";
import { contentLines, lineCount } from "./line-edits.ts";
import { insertBelow } from "./insert-below.ts";
import type { NotePatch } from "./note-patch.ts";
import { parseNote } from "./parse-note.ts";
import { applyEdit, type PlainEdit, readStored, withPlainLineEnds } from "./stored-text.ts";

/**
 * Adds lines at the end of a note's text, or of a heading's section, before the blank lines that end it. All else keeps
 * its bytes; the lines end as most of the note's do, and a final line end is there afterwards when it was before.
 * Throws `not_found`, with headings that are there, when the heading is not.
 */
export function appendToNote(text: string, addition: string, under?: readonly string[]): string {
  if (under) {
    const target = { kind: "heading", path: under } as const;
    return patchNote(text, { target, operation: "append", content: addition });
  }
  const stored = readStored(text);
  // An empty note has no line ends to go by.
  if (stored.plain === "") return text + withPlainLineEnds(addition);
  const lines = findLines(stored.plain);
  return applyEdit(stored, insertBelow(lines, lineCount(lines) - 1, contentLines(addition)));
}

/**
 * Changes one part of a note's text; all else keeps its bytes. Throws `not_found` for a heading, block or property that
 * is not there, `invalid_request` for a change that cannot be made without harm to the rest.
 */
export function patchNote(text: string, patch: NotePatch): string {
  const stored = readStored(text);
  return applyEdit(stored, editFor(findLines(stored.plain), patch));
}

function editFor(lines: TextLines, { target, operation, content }: NotePatch): PlainEdit {
  const note = parseNote(lines.text);
  switch (target.kind) {
    case "heading":
      return sectionEdit(lines, note, { path: target.path, operation, content: contentLines(content) });
    case "block":
      return blockEdit(lines, note, { id: target.id, operation, content: contentLines(content) });
    case "property":
      return propertyEdit(lines, note, { key: target.key, operation, content });
    default:
      return assertNever(target);
  }
}
