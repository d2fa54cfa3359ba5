import { assertNever } from "@benchai/kernel/assert-never";

import { closes, readRest, type MarkdownLine } from "../chunkers/markdown-line.ts";
import { startOf, type TextLines } from "../lines.ts";
import { blockStartAt, type BlockStart, type Leaf, type LinePlace } from "./block-start.ts";
import { calloutAt, cellsOf, columnCount } from "./blocks.ts";
import type { BlockLines, BlockTaker, InlineBlock, Piece } from "./blocks.ts";
import { ContainerStack, type Cursor } from "./container-stack.ts";
import { definitionIn } from "./destination.ts";
import type { HtmlBlockEnd } from "./html-block.ts";

type Paragraph = {
  readonly pieces: Piece[];
  readonly lines: BlockLines;
  readonly previous: BlockLines | undefined;
};

/** Reads a note line by line into the blocks that hold text, as CommonMark nests them. Lines count from 0. */
class BlockScanner {
  readonly #lines: TextLines;
  readonly #text: string;
  readonly #take: BlockTaker;
  readonly #containers: ContainerStack;
  #paragraph: Paragraph | undefined;
  #table: BlockLines | undefined;
  #leaf: (Leaf & { readonly lines: BlockLines }) | undefined;
  /** A quote that has just begun: its first text may make a callout of it. */
  #newQuote: BlockLines | undefined;

  constructor(lines: TextLines, take: BlockTaker) {
    this.#lines = lines;
    this.#text = lines.text;
    this.#take = take;
    this.#containers = new ContainerStack(lines);
  }

  scan(from: number): void {
    for (let index = from; index < this.#lines.starts.length; index += 1) this.#line(index);
    this.#closeTo(0);
    this.#closeParagraph();
  }

  #line(index: number): void {
    const line = readRest(this.#lines, index, startOf(this.#lines, index), 0);
    if (line.from === line.to) return this.#blank();
    const { matched, cursor } = this.#containers.match(index, line);
    const isInside = matched === this.#containers.depth;
    if (this.#leaf && isInside) this.#leafLine(index, cursor, this.#leaf);
    else this.#content(index, cursor, matched);
    this.#containers.sawMark(index);
  }

  /** An empty line ends quotes and paragraphs; items and fences go on. */
  #blank(): void {
    this.#closeParagraph();
    const isOver = this.#leaf?.kind === "html" && this.#leaf.end.mark === undefined;
    if (this.#containers.closeQuotes() || isOver) this.#leaf = undefined;
  }

  #content(index: number, cursor: Cursor, matched: number): void {
    const isInside = matched === this.#containers.depth;
    const start = this.#startAt(index, cursor, isInside);
    if (!isInside && start.kind === "text" && this.#paragraph) return this.#addText(index, cursor);
    if (!isInside) this.#closeTo(matched);
    this.#begin(index, cursor, start);
  }

  #startAt(index: number, { line, base }: Cursor, isInside: boolean): BlockStart {
    const inside: LinePlace["open"] = this.#containers.isInItem ? "item paragraph" : "paragraph";
    const open = this.#paragraph && (isInside ? inside : "lazy paragraph");
    return blockStartAt(this.#lines, { index, line, base, open });
  }

  /** Opens the quotes and items that begin on the line, and then what stands in them. */
  #begin(index: number, cursor: Cursor, start: BlockStart): void {
    let [inner, begins] = [cursor, start];
    while (!this.#containers.isFull) {
      const next = this.#openContainer(index, inner, begins);
      if (!next) break;
      inner = next;
      begins = this.#startAt(index, inner, true);
    }
    if (begins.kind === "blank") {
      this.#newQuote = undefined;
      return this.#closeParagraph();
    }
    this.#beginLeaf(index, inner, begins);
    this.#containers.sawText(index);
  }

  #openContainer(index: number, cursor: Cursor, start: BlockStart): Cursor | undefined {
    if (start.kind !== "quote" && start.kind !== "item" && start.kind !== "footnote") return undefined;
    this.#closeParagraph();
    this.#newQuote = undefined;
    if (start.kind === "item") return this.#containers.openItem(index, cursor, start.mark);
    if (start.kind === "footnote") return this.#containers.openFootnote(index, cursor);
    const quote = this.#containers.openQuote(index, cursor);
    this.#newQuote = quote.lines;
    return quote.cursor;
  }

  #beginLeaf(index: number, cursor: Cursor, start: BlockStart): void {
    switch (start.kind) {
      case "heading":
        return this.#heading(index, cursor.line, start.level);
      case "underline":
        return this.#underlined(index, cursor, start.level);
      case "leaf":
        return this.#openLeaf(index, cursor, start.leaf);
      case "table":
        return this.#openTable(index, cursor);
      case "nothing":
        this.#closeParagraph();
        this.#newBlock(index);
        return;
      case "text":
      case "quote":
      case "item":
      case "footnote":
      case "blank":
        return this.#addText(index, cursor);
      default:
        return assertNever(start);
    }
  }

  #newBlock(index: number): BlockLines {
    this.#newQuote = undefined;
    return this.#containers.newBlock(index);
  }

  #heading(index: number, line: MarkdownLine, level: number): void {
    this.#closeParagraph();
    const lines = this.#newBlock(index);
    const raw = this.#text.slice(line.from + level, line.to);
    const text = raw.replace(/(?:^|[ \t])#+[ \t]*$/u, "").trim();
    const from = line.from + level + (raw.length - raw.trimStart().length);
    const pieces = [{ line: index, from, to: from + text.length }];
    this.#takeHeading(level, pieces, lines);
  }

  /** The lines above are the heading, except link definitions; where there are no others, the line is none. */
  #underlined(index: number, cursor: Cursor, level: number): void {
    const pieces = this.#paragraph?.pieces ?? [];
    const isDefinition = ({ from, to }: Piece) => definitionIn(this.#text.slice(from, to)) !== undefined;
    const first = pieces.findIndex((piece) => !isDefinition(piece));
    const heading = first === -1 ? undefined : pieces[first];
    if (!heading) return this.#underDefinitions(index, cursor, level);
    const title = pieces.splice(first);
    this.#closeParagraph();
    const lines = this.#newBlock(heading.line);
    lines.last = index;
    this.#takeHeading(level, title, lines);
  }

  #underDefinitions(index: number, cursor: Cursor, level: number): void {
    if (level === 1) return this.#addText(index, cursor);
    this.#closeParagraph();
    this.#newBlock(index);
  }

  /** Obsidian lists no headings of quotes and lists, but their links count. */
  #takeHeading(level: number, pieces: readonly Piece[], lines: BlockLines): void {
    if (this.#containers.depth === 0) this.#take.heading({ level, pieces, lines });
    const owner = this.#containers.ownerOf(lines);
    this.#take.inline({ kind: "heading", pieces, owner, previous: undefined });
  }

  #openLeaf(index: number, { line }: Cursor, leaf: Leaf): void {
    this.#closeParagraph();
    this.#leaf = { ...leaf, lines: this.#newBlock(index) };
    if (leaf.kind === "html" && this.#holdsHtmlEnd(line, leaf.end)) this.#leaf = undefined;
  }

  #holdsHtmlEnd({ from, to }: MarkdownLine, end: HtmlBlockEnd): boolean {
    return end.mark !== undefined && this.#text.slice(from, to).toLowerCase().includes(end.mark);
  }

  #leafLine(index: number, cursor: Cursor, leaf: Leaf & { readonly lines: BlockLines }): void {
    const { line, base } = cursor;
    if (line.from === line.to) {
      if (leaf.kind === "html" && leaf.end.mark === undefined) this.#leaf = undefined;
      return;
    }
    this.#containers.sawText(index);
    leaf.lines.last = index;
    if (leaf.kind === "hidden") return this.#hiddenLine(index, cursor, leaf.mark);
    const isEnd =
      leaf.kind === "fence"
        ? line.indent - base < 4 && closes(this.#text, line, leaf.fence)
        : this.#holdsHtmlEnd(line, leaf.end);
    if (isEnd) this.#leaf = undefined;
  }

  /** What stands behind the mark that ends a comment or formula is text again. */
  #hiddenLine(index: number, { line, base }: Cursor, mark: string): void {
    const at = this.#text.slice(line.from, line.to).indexOf(mark);
    if (at === -1) return;
    this.#leaf = undefined;
    const rest = readRest(this.#lines, index, line.from + at + mark.length, base);
    if (rest.from < rest.to) this.#addText(index, { line: rest, base });
  }

  /** The paragraph's last line is the head; what stands before it stays a paragraph. */
  #openTable(index: number, cursor: Cursor): void {
    const head = this.#paragraph?.pieces.at(-1);
    if (!this.#paragraph || !head || !this.#isHead(head, cursor.line)) return this.#addText(index, cursor);
    this.#paragraph.pieces.pop();
    this.#closeParagraph();
    const lines = this.#newBlock(head.line);
    lines.last = index;
    this.#table = lines;
    this.#takeRow(head);
  }

  #isHead(head: Piece, { from, to }: MarkdownLine): boolean {
    const columns = columnCount(this.#text, head);
    return (
      this.#text.slice(head.from, head.to).includes("|") &&
      columns === columnCount(this.#text, { ...head, from, to })
    );
  }

  #takeRow(piece: Piece): void {
    for (const cell of cellsOf(this.#text, piece))
      this.#take.inline({ kind: "cell", pieces: [cell], owner: undefined, previous: undefined });
  }

  #addText(index: number, { line }: Cursor): void {
    const piece = { line: index, from: line.from, to: line.to };
    this.#containers.sawText(index);
    if (this.#table && !/^\^[A-Za-z0-9-]+\s*$/u.test(this.#text.slice(line.from, line.to))) {
      this.#table.last = index;
      return this.#takeRow(piece);
    }
    this.#table = undefined;
    if (!this.#paragraph) this.#beginParagraph(piece);
    else {
      this.#paragraph.pieces.push(piece);
      this.#paragraph.lines.last = index;
    }
  }

  #beginParagraph(piece: Piece): void {
    const quote = this.#newQuote;
    const found = quote && calloutAt(this.#text, piece, quote);
    const previous = this.#containers.lastChild;
    const lines = this.#newBlock(piece.line);
    this.#paragraph = { pieces: [found ? { ...piece, from: found.titleFrom } : piece], lines, previous };
    if (found) this.#take.callout(found.callout);
  }

  #closeParagraph(): void {
    const paragraph = this.#paragraph;
    this.#paragraph = undefined;
    this.#table = undefined;
    if (!paragraph || paragraph.pieces.length === 0) return;
    const owner = this.#containers.ownerOf(paragraph.lines);
    const block: InlineBlock = {
      kind: "paragraph",
      pieces: paragraph.pieces,
      owner,
      previous: paragraph.previous,
    };
    this.#take.inline(block);
  }

  /** Ends the containers from `depth` on, and what is open in them. */
  #closeTo(depth: number): void {
    this.#closeParagraph();
    this.#leaf = undefined;
    this.#containers.closeTo(depth);
  }
}

/** Reads the blocks of a text from a line on. */
export function scanBlocks(lines: TextLines, from: number, take: BlockTaker): void {
  new BlockScanner(lines, take).scan(from);
}
