import { decodeDestination, encodeBracketed, encodeDestination, hasScheme } from "./link-target.ts";
import { linkStyleOf, linkTextFor } from "./link-text.ts";
import type { NoteLink } from "./note.ts";
import { parseNote } from "./parse-note.ts";
import { resolveLink } from "./resolve-link.ts";
import type { VaultNames } from "./vault-names.ts";

/** A move of files: the vault's names before and after it, and where each moved file went. */
export type VaultMove = {
  readonly before: VaultNames;
  readonly after: VaultNames;
  readonly moves: ReadonlyMap<string, string>;
};

export type Rewritten = {
  readonly text: string;
  /** How many links were rewritten. */
  readonly changed: number;
  /** Links, as written, that lead elsewhere now and cannot be helped: no link of their kind can name the file (`[[a#b]]`). */
  readonly lost: readonly string[];
};

/** A replacement of a stretch of text. */
export type TextEdit = { readonly from: number; readonly to: number; readonly text: string };

/**
 * The text of a note, which may itself be one that moves, after a move: every link that meant a file before means it still,
 * at its new path. Only targets are rewritten, in their own style, and only where they would lead elsewhere.
 */
export function renameLinks(noteText: string, fromPath: string, move: VaultMove): Rewritten {
  const { edits, lost } = linkEdits(noteText, fromPath, move);
  return { text: applyEdits(noteText, edits), changed: edits.length, lost };
}

/** What `renameLinks` would replace. */
export function linkEdits(
  noteText: string,
  fromPath: string,
  move: VaultMove,
): { readonly edits: readonly TextEdit[]; readonly lost: readonly string[] } {
  const edits: TextEdit[] = [];
  const lost: string[] = [];
  for (const link of parseNote(noteText).links) {
    const target = newTarget(link, fromPath, move);
    if (target === undefined) continue;
    const { start: from, end: to } = link.targetSpan;
    const text = writeTarget(link, target, noteText);
    if (text === undefined) lost.push(noteText.slice(link.span.start, link.span.end));
    else edits.push({ from, to, text });
  }
  return { edits: edits.toSorted((a, b) => a.from - b.from), lost };
}

/** The text with its edits made, which do not overlap and stand in order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const edit of edits) {
    parts.push(text.slice(done, edit.from), edit.text);
    done = edit.to;
  }
  return [...parts, text.slice(done)].join("");
}

/** The target that a link needs after the move; undefined when it may stay. */
function newTarget(
  { target }: NoteLink,
  fromPath: string,
  { before, after, moves }: VaultMove,
): string | undefined {
  const meant = resolveLink(before, fromPath, target);
  if (meant === undefined) return undefined;
  const wanted = moves.get(meant) ?? meant;
  const newFrom = moves.get(fromPath) ?? fromPath;
  if (!after.has(wanted) || resolveLink(after, newFrom, target) === wanted) return undefined;
  return linkTextFor(after, newFrom, wanted, linkStyleOf(target, fromPath, meant));
}

/** A target as the link's own syntax spells it; undefined when it cannot. */
function writeTarget(link: NoteLink, target: string, note: string): string | undefined {
  const { start, end } = link.targetSpan;
  if (link.kind === "wikilink") {
    const isWritable = !/[#|\n\r]|\[\[|\]\]|^\s|\s$|^\[|[\]\\]$/u.test(target);
    return isWritable ? quoted(target, note[link.span.start - 1], link.isProperty) : undefined;
  }
  const isBracketed = note[start - 1] === "<";
  // Whoever encoded letters before wants them encoded.
  const isAscii = /%[89a-f]/iu.test(note.slice(start, end));
  const written = isBracketed ? encodeBracketed(target) : encodeDestination(target, isAscii);
  return decodeDestination(written) === target && !hasScheme(written) ? written : undefined;
}

/** In a property, YAML's quotes have escapes of their own. */
function quoted(target: string, quote: string | undefined, isProperty: boolean): string {
  if (isProperty && quote === "'") return target.replaceAll("'", "''");
  return isProperty && quote === '"' ? JSON.stringify(target).slice(1, -1) : target;
}
