import type { Note } from "./note.ts";

/** Lines of a note, from 1, the last included. */
export type LineRange = { readonly line: number; readonly endLine: number };

/**
 * A heading as links compare it: marks are blanks, blanks are one, case does not count. The marks are those that plugins
 * copied from Obsidian's `stripHeading` ("normalizes headings for link matching", obsidian.d.ts).
 */
export function foldHeading(heading: string): string {
  const words = heading.normalize("NFC").replaceAll(/[!"#$%&()*+,.:;<=>?@^`{|}~/[\]\\\r\n]/gu, " ");
  return words.replaceAll(/\s+/gu, " ").trim().toLowerCase();
}

/**
 * The section under a heading, its heading included: each heading of the path stands in the section of the one before, at
 * any depth. For changes: it never leaves the section that the path names, where a link may (note-places.ts).
 */
export function sectionOf(note: Pick<Note, "headings">, path: readonly string[]): LineRange | undefined {
  const wanted = path.map((part) => foldHeading(part));
  const around: { readonly level: number; readonly name: string }[] = [];
  for (const { level, text, line, endLine } of note.headings) {
    while ((around.at(-1)?.level ?? 0) >= level) around.pop();
    around.push({ level, name: foldHeading(text) });
    if (
      endsWithPath(
        around.map(({ name }) => name),
        wanted,
      )
    )
      return { line, endLine };
  }
  return undefined;
}

/** Whether the last name ends the path, and the others stand before it in the path's order. */
function endsWithPath(names: readonly string[], path: readonly string[]): boolean {
  if (path.length === 0 || names.at(-1) !== path.at(-1)) return false;
  let missing = path.length - 1;
  for (let at = names.length - 2; at >= 0 && missing > 0; at -= 1)
    if (names[at] === path[missing - 1]) missing -= 1;
  return missing === 0;
}

/** The block that carries an id, which is compared without case; the first, should there be several. */
export function blockOf(note: Pick<Note, "blocks">, id: string): LineRange | undefined {
  const block = note.blocks.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
  return block && { line: block.line, endLine: block.endLine };
}
