import type { Chunk } from "../document.ts";
import { isBlank, linesText, shorten, type TextLines } from "../lines.ts";
import {
  closes,
  fenceAt,
  headingLevel,
  headingText,
  htmlEndAt,
  isTableRule,
  isThematicBreak,
  listMarkAt,
  readLine,
  underlineLevel,
  type Fence,
  type ListMark,
  type MarkdownLine,
} from "./markdown-line.ts";
import { packBlocks, type Block } from "./pack.ts";

/** A heading longer than this is no name of a section. */
const longestHeading = 200;

/** Markdown from line `from` on, as chunks, with the first heading of level 1. */
export function chunkMarkdown(lines: TextLines, from = 0): { chunks: Chunk[]; heading: string | undefined } {
  const scanner = new MarkdownScanner(lines);
  scanner.scan(from);
  return { chunks: packBlocks(lines, scanner.blocks), heading: scanner.firstHeading };
}

/** Lines that have been read of a block without an end mark of its own. */
type OpenBlock = {
  readonly first: number;
  readonly kind: "paragraph" | "item" | "quote";
  readonly isNested: boolean;
};

/**
 * Reads Markdown line by line into the blocks that a chunk should not cut. It knows what CommonMark and GitHub's
 * tables say of where blocks begin and end, and nothing of what stands inside a line.
 */
class MarkdownScanner {
  readonly blocks: Block[] = [];
  firstHeading: string | undefined;
  readonly #lines: TextLines;
  readonly #text: string;
  readonly #headings: string[] = [];
  #headingPath: readonly string[] = [];
  #depth = 0;
  #open: OpenBlock | undefined;
  /** Where the content of each list item begins that holds the present line, outermost first. */
  #items: number[] = [];

  constructor(lines: TextLines) {
    this.#lines = lines;
    this.#text = lines.text;
  }

  scan(from: number): void {
    const count = this.#lines.starts.length;
    for (let line = from; line < count;) line = this.#step(line);
    this.#close(count);
  }

  /** Reads the block or line at `index`; answers where the next begins. */
  #step(index: number): number {
    const line = readLine(this.#lines, index);
    if (line.isBlank) {
      this.#close(index);
      return index + 1;
    }
    if (!this.#open) this.#leaveItems(line.indent);
    // Four columns in, a line is code, or goes on with what is open (CommonMark 4.4).
    if (line.indent - this.#base() >= 4 && !this.#nestedMark(index, line)) return this.#plain(index);
    return (
      this.#heading(index, line) ??
      this.#solid(index, line) ??
      this.#container(index, line) ??
      this.#plain(index)
    );
  }

  /** Where the content of the innermost list item begins. */
  #base(): number {
    return this.#items.at(-1) ?? 0;
  }

  #leaveItems(indent: number): void {
    while (this.#items.length > 0 && indent < this.#base()) this.#items.pop();
  }

  /** Below an item, deeper items are written with any indentation. */
  #nestedMark(index: number, line: MarkdownLine): boolean {
    return this.#open?.kind === "item" && listMarkAt(this.#lines, index, line) !== undefined;
  }

  #heading(index: number, line: MarkdownLine): number | undefined {
    const level = headingLevel(this.#text, line);
    if (level > 0 && (this.#items.length === 0 || line.indent < (this.#items[0] ?? 0))) {
      this.#close(index);
      this.#items = [];
      this.#openSection(level, headingText(this.#text, line), index, index + 1);
      return index + 1;
    }
    const open = this.#open;
    const under = open?.kind === "paragraph" && !open.isNested ? underlineLevel(this.#text, line) : 0;
    if (!open || under === 0) return undefined;
    const text = linesText(this.#lines, open.first, index).replaceAll(/\s+/gu, " ").trim();
    this.#open = undefined;
    this.#openSection(under, text, open.first, index + 1);
    return index + 1;
  }

  #openSection(level: number, text: string, first: number, end: number): void {
    if (level === 1) this.firstHeading ??= text || undefined;
    this.#headings.length = Math.min(this.#headings.length, level - 1);
    while (this.#headings.length < level - 1) this.#headings.push("");
    this.#headings.push(shorten(text, longestHeading));
    this.#headingPath = this.#headings.filter(Boolean);
    this.#depth = level;
    this.#push(first, end, { opensSection: true, isHeading: true });
  }

  /** A fence, an HTML block or a table. */
  #solid(index: number, line: MarkdownLine): number | undefined {
    const fence = fenceAt(this.#text, line);
    if (fence) {
      // A fence ends a paragraph that would otherwise go on into it, and the items that do not hold the fence.
      this.#leaveItems(line.indent);
      return this.#pushSolid(index, this.#fenceEnd(index, fence, this.#base()));
    }
    const htmlEnd = this.#open ? undefined : htmlEndAt(this.#text, line);
    if (htmlEnd) return this.#pushSolid(index, this.#htmlEnd(index, htmlEnd));
    const hasHead = this.#open && this.#open.kind !== "quote" && isTableRule(this.#text, line);
    if (!hasHead || !linesText(this.#lines, index - 1, index).includes("|")) return undefined;
    return this.#pushSolid(index - 1, this.#tableEnd(index + 1));
  }

  #pushSolid(first: number, end: number): number {
    const isInOpen = this.#open?.first === first;
    const isNested = this.#items.length > 0 && !(isInOpen && this.#open?.isNested === false);
    this.#close(first);
    this.#push(first, end, { isSolid: true, isNested });
    return end;
  }

  /** After the closing fence, or where the list item ends that the fence stands in. */
  #fenceEnd(index: number, fence: Fence, base: number): number {
    const count = this.#lines.starts.length;
    for (let at = index + 1; at < count; at += 1) {
      const line = readLine(this.#lines, at);
      if (!line.isBlank && line.indent < base) return at;
      if (line.indent - base < 4 && closes(this.#text, line, fence)) return at + 1;
    }
    return count;
  }

  #htmlEnd(index: number, mark: string): number {
    const count = this.#lines.starts.length;
    for (let at = index; at < count; at += 1) {
      if (
        linesText(this.#lines, at, at + 1)
          .toLowerCase()
          .includes(mark)
      )
        return at + 1;
    }
    return count;
  }

  #tableEnd(index: number): number {
    const count = this.#lines.starts.length;
    let at = index;
    for (; at < count; at += 1) {
      const line = readLine(this.#lines, at);
      if (line.isBlank || line.indent < this.#base() || this.#interruptsTable(line)) return at;
    }
    return at;
  }

  #interruptsTable(line: MarkdownLine): boolean {
    const text = this.#text;
    return headingLevel(text, line) > 0 || fenceAt(text, line) !== undefined || text[line.from] === ">";
  }

  /** A quote, a list item or a thematic break. */
  #container(index: number, line: MarkdownLine): number | undefined {
    const isQuote = this.#text[line.from] === ">";
    const isBreak = !isQuote && isThematicBreak(this.#text, line);
    if (isQuote || isBreak) this.#leaveItems(line.indent);
    if (isQuote) {
      if (this.#open?.kind !== "quote") this.#begin(index, "quote");
      return index + 1;
    }
    if (isBreak) {
      this.#close(index);
      this.#push(index, index + 1, { isNested: this.#items.length > 0 });
      return index + 1;
    }
    const mark = listMarkAt(this.#lines, index, line);
    return mark && !this.#isOnlyText(mark) ? this.#item(index, line, mark) : undefined;
  }

  /** In a paragraph a number begins a list only when it is 1, and an empty item none (CommonMark 5.3). */
  #isOnlyText({ number, content }: ListMark): boolean {
    return this.#open?.kind === "paragraph" && (content.isBlank || (number !== undefined && number !== 1));
  }

  #item(index: number, line: MarkdownLine, mark: ListMark): number {
    this.#close(index);
    this.#leaveItems(line.indent);
    this.#open = { first: index, kind: "item", isNested: this.#items.length > 0 };
    this.#items.push(mark.contentIndent);
    const fence = fenceAt(this.#text, mark.content);
    return fence ? this.#pushSolid(index, this.#fenceEnd(index, fence, mark.contentIndent)) : index + 1;
  }

  #plain(index: number): number {
    if (!this.#open) this.#begin(index, "paragraph");
    return index + 1;
  }

  #begin(index: number, kind: OpenBlock["kind"]): void {
    this.#close(index);
    this.#open = { first: index, kind, isNested: this.#items.length > 0 };
  }

  /** Ends what is open before line `end`. */
  #close(end: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open || end <= open.first) return;
    const isSolid = open.kind === "quote" && holdsSolid(linesText(this.#lines, open.first, end));
    this.#push(open.first, end, { isNested: open.isNested, isSolid });
  }

  #push(first: number, end: number, kind: Partial<Block>): void {
    if (end === first + 1 && isBlank(this.#lines, first)) return;
    this.blocks.push({ first, end, headingPath: this.#headingPath, depth: this.#depth, ...kind });
  }
}

/** Whether a quote has a fence or a table in it, and so is one itself. */
function holdsSolid(quote: string): boolean {
  return /^[\s>]*(?:```|~~~|\|?[ \t]*:?-+:?[ \t]*\|)/mu.test(quote);
}
