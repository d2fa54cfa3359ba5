import {
  fenceAt,
  headingLevel,
  isTableRule,
  isThematicBreak,
  listMarkAt,
  underlineLevel,
  type Fence,
  type ListMark,
  type MarkdownLine,
} from "../chunkers/markdown-line.ts";
import type { TextLines } from "../lines.ts";
import { htmlBlockAt, type HtmlBlockEnd } from "./html-block.ts";

/** Where a line stands that may begin a block. */
export type LinePlace = {
  readonly index: number;
  readonly line: MarkdownLine;
  /** The column where the content begins of the quote or item that holds the line. */
  readonly base: number;
  /** What it would go on with. */
  readonly open: "paragraph" | "item paragraph" | "lazy paragraph" | undefined;
};

/** Lines whose content is not read, up to what ends them; `hidden` is an Obsidian comment or a formula. */
export type Leaf =
  | { readonly kind: "fence"; readonly fence: Fence }
  | { readonly kind: "html"; readonly end: HtmlBlockEnd }
  | { readonly kind: "hidden"; readonly mark: "%%" | "$$" };

/** `nothing` is a line with nothing to read: indented code, a thematic break. */
export type BlockStart =
  | { readonly kind: "blank" | "text" | "nothing" | "quote" | "footnote" | "table" }
  | { readonly kind: "heading" | "underline"; readonly level: number }
  | { readonly kind: "leaf"; readonly leaf: Leaf }
  | { readonly kind: "item"; readonly mark: ListMark };

const text: BlockStart = { kind: "text" };

/** What begins with a line (CommonMark 4 and 5, GitHub's tables, Obsidian's comments and formulas). */
export function blockStartAt(lines: TextLines, place: LinePlace): BlockStart {
  const { line, base, open } = place;
  if (line.from === line.to) return { kind: "blank" };
  if (line.indent - base >= 4) return farStart(lines, place);
  if (lines.text[line.from] === ">") return { kind: "quote" };
  const inParagraph = open !== undefined && open !== "lazy paragraph";
  return (
    leafStart(lines.text, line, open) ??
    itemStart(lines, place, inParagraph) ??
    (inParagraph && isTableRule(lines.text, line) ? { kind: "table" } : text)
  );
}

/** Four columns in, a line is code, or goes on with a paragraph; below an item, items may stand that deep. */
function farStart(lines: TextLines, { index, line, open }: LinePlace): BlockStart {
  const mark = open === "item paragraph" ? listMarkAt(lines, index, line) : undefined;
  if (mark) return { kind: "item", mark };
  return open === undefined ? { kind: "nothing" } : text;
}

function leafStart(whole: string, line: MarkdownLine, open: LinePlace["open"]): BlockStart | undefined {
  const isAfterText = open !== undefined;
  const inParagraph = isAfterText && open !== "lazy paragraph";
  const level = headingLevel(whole, line);
  if (level > 0) return { kind: "heading", level };
  const underline = inParagraph ? underlineLevel(whole, line) : 0;
  if (underline > 0) return { kind: "underline", level: underline };
  const fence = fenceAt(whole, line);
  if (fence) return { kind: "leaf", leaf: { kind: "fence", fence } };
  const end = htmlBlockAt(whole, line, isAfterText);
  if (end !== undefined) return { kind: "leaf", leaf: { kind: "html", end } };
  const mark = hiddenMarkAt(whole, line);
  if (mark) return { kind: "leaf", leaf: { kind: "hidden", mark } };
  return isThematicBreak(whole, line) ? { kind: "nothing" } : undefined;
}

/** `%%` or `$$` that begins a line and is not closed on it; one that is closed stands within a paragraph. */
function hiddenMarkAt(whole: string, line: MarkdownLine): "%%" | "$$" | undefined {
  const mark = whole.slice(line.from, line.from + 2);
  if (mark !== "%%" && mark !== "$$") return undefined;
  return whole.slice(line.from + 2, line.to).includes(mark) ? undefined : mark;
}

function itemStart(lines: TextLines, place: LinePlace, inParagraph: boolean): BlockStart | undefined {
  const { index, line } = place;
  const mark = listMarkAt(lines, index, line);
  if (mark) {
    const { number, content } = mark;
    // In a paragraph a number begins a list only when it is 1, and an empty item none (CommonMark 5.3).
    const isOnlyText = inParagraph && (content.from === content.to || (number !== undefined && number !== 1));
    return isOnlyText ? undefined : { kind: "item", mark };
  }
  const isNote = /^\[\^[^\]\s]+\]:/u.test(lines.text.slice(line.from, Math.min(line.to, line.from + 256)));
  return isNote ? { kind: "footnote" } : undefined;
}
