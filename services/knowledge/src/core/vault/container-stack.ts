import { readRest, type ListMark, type MarkdownLine } from "../chunkers/markdown-line.ts";
import type { TextLines } from "../lines.ts";
import type { BlockLines } from "./blocks.ts";

/** The rest of a line, and the column where the content begins of the container that holds it. */
export type Cursor = { readonly line: MarkdownLine; readonly base: number };

/** What holds blocks: its last one so far, and, if that is a list, the mark of its items. */
type Holder = { lastChild: BlockLines | undefined; lastList: string | undefined };

/** A quote, a list item or a footnote that holds the present line. */
type Container = Holder & {
  readonly kind: "quote" | "item";
  readonly lines: BlockLines;
  /** Columns that an item's further lines stand in. */
  readonly width: number;
  /** The list of an item. */
  readonly list: BlockLines | undefined;
  /** What an id in it names: the item, or the outermost of the quotes around it. */
  readonly owner: BlockLines;
};

/** Containers nested deeper are read as text: it bounds what one line may cost. */
const deepest = 64;

/** The quotes, items and footnotes that are open, outermost first (CommonMark 5). Lines count from 0. */
export class ContainerStack {
  readonly #lines: TextLines;
  readonly #open: Container[] = [];
  readonly #root: Holder = { lastChild: undefined, lastList: undefined };
  /** The last line with text of its own, and the last with any mark: where items and quotes end. */
  #lastText = 0;
  #lastMarked = 0;

  constructor(lines: TextLines) {
    this.#lines = lines;
  }

  get depth(): number {
    return this.#open.length;
  }

  get isFull(): boolean {
    return this.#open.length >= deepest;
  }

  get isInItem(): boolean {
    return this.#open.at(-1)?.kind === "item";
  }

  /** What an id names that ends a block of these lines. */
  ownerOf(lines: BlockLines): BlockLines {
    return this.#open.at(-1)?.owner ?? lines;
  }

  /** The block before, in the same container. */
  get lastChild(): BlockLines | undefined {
    return this.#holder.lastChild;
  }

  get #holder(): Holder {
    return this.#open.at(-1) ?? this.#root;
  }

  /** A new block in the innermost container. */
  newBlock(index: number): BlockLines {
    const lines: BlockLines = { first: index, last: index };
    this.#holder.lastChild = lines;
    this.#holder.lastList = undefined;
    return lines;
  }

  sawText(index: number): void {
    this.#lastText = index;
  }

  sawMark(index: number): void {
    this.#lastMarked = index;
  }

  /** How many containers hold the line, and where its content begins in them. */
  match(index: number, line: MarkdownLine): { readonly matched: number; readonly cursor: Cursor } {
    let cursor: Cursor = { line, base: 0 };
    let matched = 0;
    for (const container of this.#open) {
      const next = this.#goOn(container, index, cursor);
      if (!next) break;
      cursor = next;
      matched += 1;
    }
    return { matched, cursor };
  }

  #goOn({ kind, width }: Container, index: number, cursor: Cursor): Cursor | undefined {
    const { line, base } = cursor;
    if (kind === "quote") return this.#behindQuoteMark(index, cursor);
    if (line.from === line.to) return cursor;
    return line.indent - base >= width ? { line, base: base + width } : undefined;
  }

  #behindQuoteMark(index: number, { line, base }: Cursor): Cursor | undefined {
    const { text } = this.#lines;
    if (line.indent - base >= 4 || text[line.from] !== ">") return undefined;
    const next = text[line.from + 1];
    const column = line.indent + 1;
    // One space belongs to the mark; a tab does with its first column.
    const inner = next === " " || next === "\t" ? column + 1 : column;
    return { line: readRest(this.#lines, index, line.from + 1, column), base: inner };
  }

  /** Answers with the quote's lines, too. */
  openQuote(index: number, cursor: Cursor): { readonly lines: BlockLines; readonly cursor: Cursor } {
    const lines = this.#push(index, "quote", 0, undefined);
    return { lines, cursor: this.#behindQuoteMark(index, cursor) ?? cursor };
  }

  openItem(index: number, cursor: Cursor, mark: ListMark): Cursor {
    const { content, contentIndent } = mark;
    this.#push(
      index,
      "item",
      contentIndent - cursor.base,
      listKind(this.#lines.text, cursor.line.from, mark),
    );
    return { line: content, base: contentIndent };
  }

  /** `[^label]: text`, whose further lines are four columns in. */
  openFootnote(index: number, { line }: Cursor): Cursor {
    this.#push(index, "item", 4, undefined);
    const from = this.#lines.text.indexOf("]:", line.from) + 2;
    const rest = readRest(this.#lines, index, from, 0);
    return { line: rest, base: rest.indent };
  }

  #push(index: number, kind: Container["kind"], width: number, listMark: string | undefined): BlockLines {
    const holder = this.#holder;
    const top = this.#open.at(-1);
    const lines: BlockLines = { first: index, last: index };
    const list = listMark === undefined ? undefined : this.#listOf(index, listMark);
    holder.lastChild = list ?? lines;
    holder.lastList = listMark;
    const owner = kind === "quote" && top?.kind === "quote" ? top.owner : lines;
    this.#open.push({ kind, lines, width, list, owner, lastChild: undefined, lastList: undefined });
    this.#lastText = index;
    return lines;
  }

  /** The list that an item goes on with, or a new one. */
  #listOf(index: number, listMark: string): BlockLines {
    const { lastChild, lastList } = this.#holder;
    return lastChild && lastList === listMark ? lastChild : { first: index, last: index };
  }

  /** Ends the first quote, which an empty line does not go on, and what is in it; whether there was one. */
  closeQuotes(): boolean {
    const quote = this.#open.findIndex(({ kind }) => kind === "quote");
    if (quote !== -1) this.closeTo(quote);
    return quote !== -1;
  }

  /** Ends the containers from `depth` on. */
  closeTo(depth: number): void {
    for (let top = this.#open.length; top > depth; top -= 1) {
      const container = this.#open.pop();
      if (!container) return;
      const seen = container.kind === "quote" ? this.#lastMarked : this.#lastText;
      const last = Math.max(container.lines.last, seen);
      container.lines.last = last;
      if (container.list) container.list.last = last;
      const around = this.#open.at(-1);
      if (around) around.lines.last = Math.max(around.lines.last, last);
    }
  }
}

/** What tells lists apart that follow each other: the bullet, or what stands behind the number. */
function listKind(text: string, from: number, { number }: ListMark): string {
  if (number === undefined) return text.charAt(from);
  return /^\d+(.)/u.exec(text.slice(from, from + 10))?.[1] ?? "";
}
