import type { Chunk } from "../document.ts";
import { charsIn, endOf, isBlank, linesText, startOf, type TextLines } from "../lines.ts";
import { splitLine, type Columns } from "./long-line.ts";
import { hardMaxChars, maxChars, scrapChars, targetChars, tinyChars } from "./sizes.ts";

/** Whole lines that a format's chunker would rather not cut: a paragraph, a fence, a record, a declaration. */
export type Block = {
  /** Lines from 0, the end excluded. Blocks are in order and do not overlap. */
  readonly first: number;
  readonly end: number;
  readonly headingPath: readonly string[];
  /** How deep the section lies that this block stands in, from 1; 0 for what stands in none. */
  readonly depth: number;
  /** Whether that section begins here. */
  readonly opensSection?: boolean;
  /** A heading, which says nothing without what follows it. */
  readonly isHeading?: boolean;
  /** A fence or a table: not cut before the hard limit. */
  readonly isSolid?: boolean;
  /** Belongs to the block before it, as what is nested in a list's item does. */
  readonly isNested?: boolean;
};

/** A block that fits into a chunk, or a part of an over-long line. */
type Piece = Block & { readonly columns?: Columns };

/** The chunk that is being filled. `depth` is that of its highest section. */
type Open = {
  readonly first: number;
  end: number;
  headingPath: readonly string[];
  depth: number;
  isHeading: boolean;
  readonly columns: Columns | undefined;
};

/**
 * Makes chunks of blocks, in order: what is too long is split, what is small is merged with its neighbours up to
 * the target, but not across the border of a section unless both sides are tiny or the one that follows is a
 * whole subsection that fits. Blank lines at a chunk's ends are left out.
 */
export function packBlocks(lines: TextLines, blocks: readonly Block[]): Chunk[] {
  const pieces = nestedMerged(lines, blocks).flatMap((block) => piecesOf(lines, block));
  const chunks: Chunk[] = [];
  let open: Open | undefined;
  for (const [index, piece] of pieces.entries()) {
    if (open && doesFit(lines, open, pieces, index)) {
      extend(open, piece);
      continue;
    }
    if (open) chunks.push(chunkOf(lines, open));
    open = opened(piece);
  }
  if (open) chunks.push(chunkOf(lines, open));
  return chunks;
}

function opened(piece: Piece): Open {
  const { first, end, headingPath, depth, isHeading = false, columns } = piece;
  return { first, end, headingPath, depth, isHeading, columns };
}

function extend(open: Open, piece: Piece): void {
  open.end = piece.end;
  open.depth = Math.min(open.depth, piece.depth);
  if (open.isHeading) open.headingPath = piece.headingPath;
  else if (piece.opensSection) open.headingPath = commonPath(open.headingPath, piece.headingPath);
  open.isHeading &&= piece.isHeading ?? false;
}

function commonPath(left: readonly string[], right: readonly string[]): readonly string[] {
  const difference = left.findIndex((part, at) => part !== right[at]);
  return difference === -1 ? left : left.slice(0, difference);
}

/** Whether the next piece belongs into the open chunk. */
function doesFit(lines: TextLines, open: Open, pieces: readonly Piece[], index: number): boolean {
  const piece = pieces[index];
  if (!piece || piece.columns || open.columns) return false;
  const joined = charsIn(lines, open.first, piece.end);
  if (joined <= (piece.isSolid ? hardMaxChars : maxChars) && leads(open, piece)) return true;
  if (!piece.opensSection)
    return joined <= targetChars || (joined <= maxChars && isScrap(lines, open, piece));
  const section = sectionChars(lines, pieces, index);
  if (piece.depth > open.depth)
    return joined - charsIn(lines, piece.first, piece.end) + section <= targetChars;
  return section <= tinyChars && charsIn(lines, open.first, open.end) <= tinyChars;
}

/** Whether the open chunk is a heading and the piece is what stands below it. */
function leads(open: Open, piece: Piece): boolean {
  return open.isHeading && (!piece.opensSection || piece.depth > open.depth);
}

function isScrap(lines: TextLines, open: Open, piece: Piece): boolean {
  const sizes = [charsIn(lines, open.first, open.end), charsIn(lines, piece.first, piece.end)];
  return Math.min(...sizes) <= scrapChars;
}

/** How long the section is that a piece opens, with its subsections; just more than the target when it is longer. */
function sectionChars(lines: TextLines, pieces: readonly Piece[], index: number): number {
  const first = pieces[index];
  if (!first) return 0;
  let chars = 0;
  for (let at = index; chars <= targetChars; at += 1) {
    const piece = pieces[at];
    if (!piece || (at > index && piece.opensSection && piece.depth <= first.depth)) break;
    chars = charsIn(lines, first.first, piece.end);
  }
  return chars;
}

function chunkOf(lines: TextLines, open: Open): Chunk {
  const { first, end, headingPath, columns } = open;
  const place = { startLine: first + 1, endLine: end, headingPath };
  if (!columns) return { ...place, text: linesText(lines, first, end) };
  const at = startOf(lines, first);
  const text = lines.text.slice(at + columns.from, at + columns.to);
  return { ...place, startColumn: columns.from + 1, endColumn: columns.to, text };
}

/** Blocks with what is nested in them, where the whole is not too long; otherwise each on its own. */
function nestedMerged(lines: TextLines, blocks: readonly Block[]): Block[] {
  const merged: Block[] = [];
  for (let index = 0; index < blocks.length;) {
    let next = index + 1;
    while (blocks[next]?.isNested) next += 1;
    const group = blocks.slice(index, next);
    const [head] = group;
    const end = group.at(-1)?.end ?? 0;
    const isWhole = head && group.length > 1 && charsIn(lines, head.first, end) <= maxChars;
    merged.push(...(isWhole ? [{ ...head, end }] : group));
    index = next;
  }
  return merged;
}

/** A block as it is, without blank lines at its ends, or, when it is too long, in pieces of whole lines. */
function piecesOf(lines: TextLines, block: Block): Piece[] {
  let { first, end } = block;
  while (first < end && isBlank(lines, first)) first += 1;
  while (end > first && isBlank(lines, end - 1)) end -= 1;
  if (first === end) return [];
  const trimmed = { ...block, first, end };
  if (charsIn(lines, first, end) <= (block.isSolid ? hardMaxChars : maxChars)) return [trimmed];
  return splitBlock(lines, trimmed);
}

function splitBlock(lines: TextLines, block: Block): Piece[] {
  const pieces: Piece[] = [];
  const add = (first: number, end: number, columns?: Columns) => {
    const { headingPath, depth } = block;
    const opensSection = pieces.length === 0 && (block.opensSection ?? false);
    pieces.push({ first, end, headingPath, depth, opensSection, ...(columns && { columns }) });
  };
  for (let line = block.first; line < block.end;) {
    const end = fullEnd(lines, line, block.end);
    if (charsIn(lines, line, end) <= maxChars) addTrimmed(lines, line, end, add);
    else for (const columns of splitLine(linesText(lines, line, end))) add(line, end, columns);
    line = end;
  }
  return pieces;
}

/** How many lines from `first` fill a chunk: at least one, however long it is. */
function fullEnd(lines: TextLines, first: number, most: number): number {
  let end = first + 1;
  while (end < most && endOf(lines, end) - startOf(lines, first) <= targetChars) end += 1;
  return end;
}

function addTrimmed(
  lines: TextLines,
  from: number,
  to: number,
  add: (first: number, end: number) => void,
): void {
  let [first, end] = [from, to];
  while (first < end && isBlank(lines, first)) first += 1;
  while (end > first && isBlank(lines, end - 1)) end -= 1;
  if (first < end) add(first, end);
}
