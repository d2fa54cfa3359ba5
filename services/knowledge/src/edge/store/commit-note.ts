import type { NoteContent } from "../../core/vault/note-content.ts";
import type { CommitStatements } from "./commit-statements.ts";

/** What of a note is kept as it is: links can name its headings and blocks, and people its aliases. */
export type NoteOutline = Pick<NoteContent, "aliases" | "headings" | "blocks">;

/** Writes what Obsidian sees in a note in place of what was there; answers whether it has other aliases now. */
export function replaceNote(
  sql: CommitStatements,
  documentId: number,
  note: NoteContent | undefined,
): boolean {
  const before = sql.outlineOf.get(documentId);
  if (before !== undefined)
    for (const statement of [sql.deleteNote, sql.deleteLinks, sql.deleteFields]) statement.run(documentId);
  if (note) insertNote(sql, documentId, note);
  const aliases = before === undefined ? [] : readOutline(before).aliases;
  return JSON.stringify(aliases) !== JSON.stringify(note?.aliases ?? []);
}

/** Only `replaceNote` writes the column. */
export function readOutline(json: string): NoteOutline {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(json) as NoteOutline;
}

function insertNote(sql: CommitStatements, documentId: number, note: NoteContent): void {
  const { aliases, headings, blocks, links, fields } = note;
  sql.insertNote.run(documentId, JSON.stringify({ aliases, headings, blocks } satisfies NoteOutline));
  for (const [ordinal, { isEmbed, ...link }] of links.entries())
    sql.insertLink.run({ documentId, ordinal, ...link, isEmbed: isEmbed ? 1 : 0 });
  for (const { key, value } of fields) sql.insertField.run(documentId, key, value);
}
