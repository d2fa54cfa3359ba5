import { endOf, isBlank, startOf, type TextLines } from "../lines.ts";
import { type PlainEdit, withPlainLineEnds } from "./stored-text.ts";

/** The lines of what is to be put in; a line end after the last one is taken for granted. */
export function contentLines(content: string): readonly string[] {
  if (content === "") return [];
  return withPlainLineEnds(content).replace(/\n$/u, "").split("\n");
}

/** How many lines there are, without the empty one after a final line end. */
export function lineCount(lines: TextLines): number {
  return lines.starts.length - (lines.text === "" || lines.text.endsWith("\n") ? 1 : 0);
}

/** Puts lines after a line, which counts from 0. Whether the text ends with a line end stays as it is. */
export function insertAfter(lines: TextLines, line: number, content: readonly string[]): PlainEdit {
  if (content.length === 0) return nothing;
  const joined = content.join("\n");
  if (line < 0) return { start: 0, end: 0, text: lines.text === "" ? joined : `${joined}\n` };
  const at = endOf(lines, line);
  return { start: at, end: at, text: `\n${joined}` };
}

/** Puts lines in the place of the lines `first` to `last`, both included. */
export function replaceLines(
  lines: TextLines,
  first: number,
  last: number,
  content: readonly string[],
): PlainEdit {
  if (content.length === 0) return removeLines(lines, first, last);
  return { start: startOf(lines, first), end: endOf(lines, last), text: content.join("\n") };
}

/** Takes the lines `first` to `last` away, both included. */
export function removeLines(lines: TextLines, first: number, last: number): PlainEdit {
  const start = startOf(lines, first);
  if (last + 1 < lines.starts.length) return { start, end: startOf(lines, last + 1), text: "" };
  // The text has no final line end and is to have none after this either.
  return { start: Math.max(0, start - 1), end: lines.text.length, text: "" };
}

/** The last line of `first` to `last` with anything on it; `first - 1` when all are blank. */
export function lastFilled(lines: TextLines, first: number, last: number): number {
  let line = last;
  while (line >= first && isBlank(lines, line)) line -= 1;
  return line;
}

/** The first line of `first` to `last` with anything on it; `last + 1` when all are blank. */
export function firstFilled(lines: TextLines, first: number, last: number): number {
  let line = first;
  while (line <= last && isBlank(lines, line)) line += 1;
  return line;
}

const nothing: PlainEdit = { start: 0, end: 0, text: "" };
