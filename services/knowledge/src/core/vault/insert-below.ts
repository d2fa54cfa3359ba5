import { linesText, type TextLines } from "../lines.ts";
import { insertAfter } from "./line-edits.ts";
import { parseNote } from "./parse-note.ts";
import { blockOf } from "./sections.ts";
import type { PlainEdit } from "./stored-text.ts";

/**
 * Puts lines below a line, which counts from 0, with an empty line between where the block above would lose its id else:
 * text right below a paragraph goes on with it, and an id stands at the end.
 */
export function insertBelow(lines: TextLines, line: number, content: readonly string[]): PlainEdit {
  const edit = insertAfter(lines, line, content);
  const above = line < 0 ? "" : linesText(lines, line, line + 1).trimEnd();
  const id = /^\^([A-Za-z0-9-]+)$/u.exec(above.slice(above.lastIndexOf("^")))?.[1];
  if (id === undefined || !blockOf(parseNote(lines.text), id)) return edit;
  const after = parseNote(lines.text.slice(0, edit.start) + edit.text + lines.text.slice(edit.end));
  return blockOf(after, id) ? edit : insertAfter(lines, line, ["", ...content]);
}
