import { AppError } from "@benchai/contract/errors";
import { assertNever } from "@benchai/kernel/assert-never";

import { headingLevel, readLine, underlineLevel } from "../chunkers/markdown-line.ts";
import type { TextLines } from "../lines.ts";
import { firstFilled, insertAfter, lastFilled, removeLines, replaceLines } from "./line-edits.ts";
import { insertBelow } from "./insert-below.ts";
import type { NotePatch } from "./note-patch.ts";
import type { Note } from "./note.ts";
import { sectionOf } from "./sections.ts";
import type { PlainEdit } from "./stored-text.ts";

type SectionPatch = {
  readonly path: readonly string[];
  readonly operation: NotePatch["operation"];
  readonly content: readonly string[];
};

const mostShown = 8;

/**
 * The edit of a heading's section, with the sections nested in it. The heading stays, but for `remove`; the blank lines
 * around the section's text stay as well. Throws `not_found`.
 */
export function sectionEdit(lines: TextLines, note: Pick<Note, "headings">, patch: SectionPatch): PlainEdit {
  const { path, operation, content } = patch;
  const section = sectionOf(note, path);
  if (!section) throw noSuchHeading(note, path);
  const heading = section.line - 1;
  const end = section.endLine - 1;
  const first = lastOfHeading(lines, heading) + 1;
  switch (operation) {
    case "append":
      return insertBelow(lines, Math.max(first - 1, lastFilled(lines, first, end)), content);
    case "prepend":
      return insertAfter(lines, first - 1, content);
    case "replace":
      return replaceText(lines, first, end, content);
    case "remove":
      return removeLines(lines, heading, end);
    default:
      return assertNever(operation);
  }
}

/** A heading of one line begins with its marks; others end with the line that underlines them. */
function lastOfHeading(lines: TextLines, heading: number): number {
  if (headingLevel(lines.text, readLine(lines, heading)) > 0) return heading;
  let line = heading + 1;
  while (line < lines.starts.length && underlineLevel(lines.text, readLine(lines, line)) === 0) line += 1;
  return line;
}

function replaceText(lines: TextLines, first: number, end: number, content: readonly string[]): PlainEdit {
  const from = firstFilled(lines, first, end);
  const to = lastFilled(lines, first, end);
  if (from > to) return insertAfter(lines, first - 1, content);
  // Without a text the blank lines before it would stand for nothing.
  return content.length === 0 ? removeLines(lines, first, to) : replaceLines(lines, from, to, content);
}

function noSuchHeading({ headings }: Pick<Note, "headings">, path: readonly string[]): AppError {
  const shown = headings.slice(0, mostShown).map(({ level, text }) => `${"#".repeat(level)} ${text}`);
  const list = headings.length > mostShown ? [...shown, "…"] : shown;
  const there = list.length === 0 ? "it has none" : `it has ${list.join(" · ")}`;
  return new AppError("not_found", `the note has no heading ${JSON.stringify(path.join(" > "))}; ${there}`, {
    param: "target",
  });
}
