import { AppError } from "@benchai/contract/errors";
import { assertNever } from "@benchai/kernel/assert-never";

import { listMarkAt, readLine } from "../chunkers/markdown-line.ts";
import { isBlank, linesText, type TextLines } from "../lines.ts";
import { insertAfter, lineCount, removeLines, replaceLines } from "./line-edits.ts";
import type { NotePatch } from "./note-patch.ts";
import type { Note } from "./note.ts";
import { parseNote } from "./parse-note.ts";
import { blockOf, type LineRange } from "./sections.ts";
import type { PlainEdit } from "./stored-text.ts";

type BlockPatch = {
  readonly id: string;
  readonly operation: NotePatch["operation"];
  readonly content: readonly string[];
};

/** Lines from 0, the last included. The id stands on one of them, or on a line of its own below. */
type Block = { readonly first: number; readonly last: number; readonly idLine: number };

/** An edit, and what must be true of the block afterwards: else it would take the id away, and links with it. */
type Candidate = { readonly edit: PlainEdit; readonly isSound: (block: LineRange) => boolean };

const mostShown = 8;

/**
 * The edit of the block that carries an id, which it keeps, but for `remove`. What is nested in a list item stays when
 * the item is replaced. Throws `not_found`, and `invalid_request` when no edit would leave the id with its block.
 */
export function blockEdit(lines: TextLines, note: Pick<Note, "blocks">, patch: BlockPatch): PlainEdit {
  const block = findBlock(lines, note, patch.id);
  if (patch.operation === "remove") return removal(lines, block);
  if (patch.content.length === 0)
    throw new AppError("invalid_request", "a block needs a text; to take it away use `remove`", {
      param: "content",
    });
  const edit = candidates(lines, block, patch).find((candidate) =>
    leavesId(lines, candidate, patch.id),
  )?.edit;
  if (edit) return edit;
  throw new AppError(
    "invalid_request",
    `with this content the block would lose ^${patch.id}, and links to it would lead nowhere; begin it with an empty line, or replace the block`,
    { param: "content" },
  );
}

function leavesId({ text }: TextLines, { edit, isSound }: Candidate, id: string): boolean {
  const block = blockOf(parseNote(text.slice(0, edit.start) + edit.text + text.slice(edit.end)), id);
  return block !== undefined && isSound(block);
}

function candidates(lines: TextLines, block: Block, patch: BlockPatch): readonly Candidate[] {
  switch (patch.operation) {
    case "append":
      return appending(lines, block, patch);
    case "prepend":
      return prepending(lines, block, patch);
    case "replace":
      return replacing(lines, block, patch);
    case "remove":
      return [];
    default:
      return assertNever(patch.operation);
  }
}

/** After the block, when it keeps its id so; else the id moves on to the end of what was added. */
function appending(
  lines: TextLines,
  { first, last, idLine }: Block,
  { id, content }: BlockPatch,
): Candidate[] {
  const isSound = (block: LineRange) => block.line === first + 1;
  const after: Candidate = { edit: insertAfter(lines, last, content), isSound };
  if (idLine !== last) return [after];
  const mark = markOf(lines, idLine, id);
  const ownText = linesText(lines, idLine, idLine + 1)
    .trimEnd()
    .slice(0, -mark.length)
    .trimEnd();
  const added = [...content.slice(0, -1), `${content.at(-1)} ${mark}`];
  const moved = ownText === "" ? added : [ownText, ...added];
  return [after, { edit: replaceLines(lines, idLine, idLine, moved), isSound }];
}

function prepending(lines: TextLines, { first, last }: Block, { content }: BlockPatch): Candidate[] {
  const isItem = listMarkAt(lines, first, readLine(lines, first)) !== undefined;
  return [content, [...content, ""]].map((put) => ({
    edit: insertAfter(lines, first - 1, put),
    isSound: ({ line, endLine }) =>
      endLine === last + 1 + put.length && (!isItem || line === first + 1 + put.length),
  }));
}

/** The id behind the new text; on a line of its own where it cannot stand there (tables, code). */
function replacing(
  lines: TextLines,
  { first, last, idLine }: Block,
  { id, content }: BlockPatch,
): Candidate[] {
  const isSound = () => true;
  if (idLine > last) return [{ edit: replaceLines(lines, first, last, content), isSound }];
  const lastLine = content.at(-1) ?? "";
  const mark = markOf(lines, idLine, id);
  const hasId = endsWithId(lastLine, id);
  const inline = [...content.slice(0, -1), hasId ? lastLine : `${lastLine} ${mark}`];
  const isBeforeText = idLine + 1 < lineCount(lines) && !isBlank(lines, idLine + 1);
  const below = [...content, "", mark, ...(isBeforeText ? [""] : [])];
  // What stands behind a row is a cell, and behind the rule of a table the end of it.
  const isRow = lastLine.trimStart().startsWith("|");
  return (isRow && !hasId ? [below] : [inline, below]).map((put) => ({
    edit: replaceLines(lines, first, idLine, put),
    isSound,
  }));
}

/** The blank lines behind the block go with it where others stand before it. */
function removal(lines: TextLines, { first, last, idLine }: Block): PlainEdit {
  let end = Math.max(last, idLine);
  if (first === 0 || isBlank(lines, first - 1))
    while (end + 1 < lineCount(lines) && isBlank(lines, end + 1)) end += 1;
  return removeLines(lines, first, end);
}

function findBlock(lines: TextLines, note: Pick<Note, "blocks">, id: string): Block {
  const block = blockOf(note, id);
  if (!block) throw noSuchBlock(note, id);
  const [first, last] = [block.line - 1, block.endLine - 1];
  for (let line = first; line < lineCount(lines); line += 1) {
    const text = linesText(lines, line, line + 1);
    if (endsWithId(text, id)) return { first, last, idLine: line };
    // Below the block nothing but quote marks may stand before an id of its own line.
    if (line > last && text.replaceAll(/[>\s]/gu, "") !== "") break;
  }
  throw new AppError("invalid_request", `^${id} cannot be told from the text around it; change it by hand`, {
    param: "target",
  });
}

function endsWithId(line: string, id: string): boolean {
  return ` ${line}`.replaceAll("\t", " ").trimEnd().toLowerCase().endsWith(` ^${id.toLowerCase()}`);
}

/** The id as it is written, with its mark. */
function markOf(lines: TextLines, idLine: number, id: string): string {
  return linesText(lines, idLine, idLine + 1)
    .trimEnd()
    .slice(-1 - id.length);
}

function noSuchBlock({ blocks }: Pick<Note, "blocks">, id: string): AppError {
  const shown = blocks.slice(0, mostShown).map((block) => `^${block.id}`);
  const list = blocks.length > mostShown ? [...shown, "…"] : shown;
  const there = list.length === 0 ? "it has none" : `it has ${list.join(", ")}`;
  return new AppError("not_found", `the note has no block ^${id}; ${there}`, { param: "target" });
}
