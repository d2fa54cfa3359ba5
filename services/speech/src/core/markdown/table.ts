import type { Cell } from "./block.ts";

const delimiter = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/u;

/** A row as long as this is no row. */
export const maxRowChars = 4_096;

/** Whether this line parts a table's head from its rows. */
export function isDelimiter(line: string): boolean {
  return line.length < maxRowChars && line.includes("-") && line.includes("|") && delimiter.test(line);
}

/** The cells of a row; `\|` and a pipe in code part none. */
export function cellsOf(line: string): string[] {
  const cells = [""];
  let ticked = false;
  for (const part of line.trim().match(/\\.|`|\||[^\\`|]+|\\$/gsu) ?? []) {
    if (part === "`") ticked = !ticked;
    if (part === "|" && !ticked) cells.push("");
    else cells[cells.length - 1] += part === "\\|" ? "|" : part;
  }
  const trimmed = cells.map((cell) => cell.trim());
  if (trimmed[0] === "") trimmed.shift();
  if (trimmed.at(-1) === "") trimmed.pop();
  return trimmed;
}

/** A row with its headings; those of columns that have none are "". */
export function rowOf(headings: readonly string[], cells: readonly string[]): Cell[] {
  return cells.map((raw, i) => ({ heading: headings[i] ?? "", raw }));
}
