/** A stretch of one line (from 0), without the marks of the quotes and lists that it stands in. */
export type Piece = { readonly line: number; readonly from: number; readonly to: number };

/** The lines of a block, from 0, the last included; it grows while the block is read. */
export type BlockLines = { readonly first: number; last: number };

/** Text that is read as one: a paragraph, a heading, a table's cell. */
export type InlineBlock = {
  readonly kind: "paragraph" | "heading" | "cell";
  readonly pieces: readonly Piece[];
  /** What an id at its end names; undefined where no id may stand. */
  readonly owner: BlockLines | undefined;
  /** What an id names that stands alone: the block before. */
  readonly previous: BlockLines | undefined;
};

export type FoundHeading = {
  readonly level: number;
  readonly pieces: readonly Piece[];
  readonly lines: BlockLines;
};
export type FoundCallout = {
  readonly type: string;
  readonly title: string | undefined;
  readonly fold: "open" | "closed" | undefined;
  readonly lines: BlockLines;
};

/** Takes what is found, in the order of the text; `lines` are complete when the whole text has been read. */
export type BlockTaker = {
  inline(block: InlineBlock): void;
  heading(heading: FoundHeading): void;
  callout(callout: FoundCallout): void;
};

/** `> [!type|metadata]± title` at the start of a quote (Obsidian Help, Callouts). */
const callout = /^\[!([^\]]+)\]([+-]?)(?:[ \t]+|$)/u;

/** The callout that a quote's first line makes of it, and where its title begins. */
export function calloutAt(
  text: string,
  piece: Piece,
  lines: BlockLines,
): { readonly callout: FoundCallout; readonly titleFrom: number } | undefined {
  const found = callout.exec(text.slice(piece.from, piece.to));
  const type = found?.[1]?.split("|")[0]?.trim().toLowerCase().replaceAll(/\s+/gu, "-");
  if (!found || !type) return undefined;
  const titleFrom = piece.from + found[0].length;
  const fold = found[2] === "+" ? "open" : found[2] === "-" ? "closed" : undefined;
  const title = text.slice(titleFrom, piece.to).trim() || undefined;
  return { callout: { type, title, fold, lines }, titleFrom };
}

/** A table's row, cut at its bars, except where they are escaped (GitHub Flavored Markdown 4.10). */
export function cellsOf(text: string, { line, from, to }: Piece): Piece[] {
  const cells: Piece[] = [];
  let start = from;
  for (let at = from; at <= to; at += 1) {
    const code = at === to ? 0x7c : text.charCodeAt(at);
    if (code === 0x5c && at + 1 < to) at += 1;
    if (code !== 0x7c) continue;
    if (text.slice(start, at).trim() !== "") cells.push({ line, from: start, to: Math.min(at, to) });
    start = at + 1;
  }
  return cells;
}

/** How many columns a table's row or rule has; bars at its ends add none. */
export function columnCount(text: string, { from, to }: Piece): number {
  const row = text.slice(from, to).trim().replaceAll(/\\./gsu, "");
  const bars = row.split("|").length - 1;
  return bars + 1 - (row.startsWith("|") ? 1 : 0) - (row.length > 1 && row.endsWith("|") ? 1 : 0);
}
