import { type BlockPart, pauseMs } from "./block.ts";
import { FrontMatter } from "./front-matter.ts";
import { type LineStart, lineStart, maxStartChars, type OpenBlock } from "./line.ts";
import { cellsOf, isDelimiter, rowOf } from "./table.ts";

/** How much of a long line is handed on at once. */
const maxTextChars = 2_048;

type Mode = "line start" | "in line" | "skip line" | "fence line" | "in fence";

/**
 * Reads Markdown line by line as it arrives. Nothing is said of a line before it is sure what it is, and what is said does not
 * depend on where the text was cut on its way.
 */
export class BlockReader {
  #text = "";
  #at = 0;
  #mode: Mode = "line start";
  #open: OpenBlock = "none";
  #fence = "";
  #headings: readonly string[] = [];
  readonly #markdown: boolean;
  readonly #frontMatter = new FrontMatter();

  constructor(options: { markdown: boolean }) {
    this.#markdown = options.markdown;
  }

  push(text: string): void {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
  }

  /** What can be told now. `ended`: no more text comes. */
  *read(ended: boolean): Generator<BlockPart> {
    if (this.#markdown && !this.#skipFrontMatter(ended)) return;
    for (;;) {
      if (this.#at >= this.#text.length) break;
      const before = this.#at;
      const mode = this.#mode;
      yield* this.#step(ended);
      if (this.#at === before && this.#mode === mode) break;
    }
    if (ended) yield* this.#close(pauseMs.paragraph);
  }

  #skipFrontMatter(ended: boolean): boolean {
    const { at, over } = this.#frontMatter.skip(this.#text, this.#at, ended);
    this.#at = at;
    return over;
  }

  *#step(ended: boolean): Generator<BlockPart> {
    switch (this.#mode) {
      case "line start":
        yield* this.#beginLine(ended);
        break;
      case "in line":
        yield* this.#continueLine();
        break;
      case "skip line":
        this.#skipLine("line start");
        break;
      case "in fence":
        this.#beginFenceLine(ended);
        break;
      case "fence line":
        this.#skipLine("in fence");
        break;
    }
  }

  #lineEnd(from: number): number {
    const end = this.#text.indexOf("\n", from);
    return end - from < maxStartChars ? end : -1;
  }

  *#beginLine(ended: boolean): Generator<BlockPart> {
    const blanks = /[ \t]*/uy;
    blanks.lastIndex = this.#at;
    blanks.exec(this.#text);
    this.#at = blanks.lastIndex;
    const end = this.#lineEnd(this.#at);
    if (end < 0 && this.#at === this.#text.length && !ended) return;
    const start = this.#markdown ? this.#look(end, ended) : plainStart(end === this.#at);
    if (start !== undefined) yield* this.#begin(start);
  }

  #look(end: number, ended: boolean): LineStart | undefined {
    const rest = this.#text.slice(this.#at, end < 0 ? this.#at + maxStartChars : end);
    const afterEnd = end < 0 ? -1 : this.#lineEnd(end + 1);
    return lineStart({
      text: rest,
      complete: end >= 0 || (ended && this.#at + rest.length === this.#text.length),
      after: end < 0 ? "" : this.#text.slice(end + 1, afterEnd < 0 ? end + 1 + maxStartChars : afterEnd),
      afterComplete: afterEnd >= 0 || ended,
      open: this.#open,
    });
  }

  *#begin(start: LineStart): Generator<BlockPart> {
    if (this.#open === "row" && start.kind !== "row") yield* this.#close(pauseMs.row);
    this.#at += start.length;
    if (start.kind === "blank") yield* this.#endBlock();
    else if (start.kind === "fence") yield* this.#beginFence(start.fence);
    else if (start.kind === "row") yield* this.#readRow(start);
    else if (start.kind === "underline" || start.kind === "rule" || start.kind === "skip")
      yield* this.#skipSigns(start.kind);
    else if (start.kind !== "quote") yield* this.#beginText(start);
  }

  *#endBlock(): Generator<BlockPart> {
    yield* this.#close(this.#open === "item" ? pauseMs.item : pauseMs.paragraph);
    this.#at += 1;
  }

  *#skipSigns(kind: "rule" | "skip" | "underline"): Generator<BlockPart> {
    yield* this.#close(kind === "underline" ? pauseMs.heading : pauseMs.paragraph);
    if (kind === "rule") yield { kind: "end", pauseMs: pauseMs.rule };
    this.#mode = "skip line";
  }

  *#beginFence(fence: string): Generator<BlockPart> {
    yield* this.#close(pauseMs.paragraph);
    yield { kind: "announce", what: "codeBlock" };
    this.#fence = fence;
    this.#mode = "fence line";
  }

  *#beginText(start: LineStart): Generator<BlockPart> {
    this.#mode = "in line";
    if (start.kind === "text") {
      if (this.#open === "none") this.#open = "paragraph";
      return;
    }
    yield* this.#close(start.kind === "item" && this.#open === "item" ? pauseMs.item : pauseMs.paragraph);
    this.#open = start.kind === "heading" ? "heading" : start.kind === "item" ? "item" : "paragraph";
    if (start.kind === "item" && start.task !== undefined) yield { kind: "lead", what: start.task };
    if (start.kind === "footnote") yield { kind: "lead", what: "footnote", number: start.number };
    if (start.kind === "item" && start.length === 0) yield* this.#number();
  }

  /** "1." is said as "1:", so that nobody hears the end of a sentence. */
  *#number(): Generator<BlockPart> {
    const number = /\d{1,9}/uy;
    number.lastIndex = this.#at;
    const digits = number.exec(this.#text)?.[0] ?? "";
    this.#at += digits.length + 1;
    yield { kind: "text", raw: `${digits}: ` };
  }

  *#readRow({ line, isHead }: Extract<LineStart, { kind: "row" }>): Generator<BlockPart> {
    if (this.#open !== "row") {
      yield* this.#close(pauseMs.paragraph);
      this.#headings = isHead ? cellsOf(line) : [];
      this.#open = "row";
    }
    this.#mode = "skip line";
    if (!isHead && !isDelimiter(line)) yield { kind: "row", cells: rowOf(this.#headings, cellsOf(line)) };
  }

  *#continueLine(): Generator<BlockPart> {
    const part = this.#text.slice(this.#at, this.#at + maxTextChars);
    const end = part.indexOf("\n");
    const raw = end < 0 ? part : part.slice(0, end);
    this.#at += raw.length;
    if (raw !== "") yield { kind: "text", raw };
    if (end < 0) return;
    this.#at += 1;
    this.#mode = "line start";
    if (this.#open === "heading") yield* this.#close(pauseMs.heading);
    else yield { kind: "text", raw: "\n" };
  }

  #skipLine(then: Mode): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
    if (end >= 0) this.#mode = then;
  }

  /** A line of code is over when it is sure that it does not close the block. */
  #beginFenceLine(ended: boolean): void {
    const end = this.#lineEnd(this.#at);
    const line = this.#text.slice(this.#at, end < 0 ? this.#at + maxStartChars : end);
    const sign = this.#fence.charAt(0);
    const couldClose = new RegExp(`^ {0,3}[${sign}]*[ \\t]*$`, "u").test(line);
    if (couldClose && end < 0 && !ended && line.length < maxStartChars) return;
    const signs = line.trim().length;
    this.#mode = couldClose && signs >= this.#fence.length ? "skip line" : "fence line";
  }

  *#close(pause: number): Generator<BlockPart> {
    if (this.#open !== "none") yield { kind: "end", pauseMs: pause };
    this.#open = "none";
  }
}

function plainStart(blank: boolean): LineStart {
  return { kind: blank ? "blank" : "text", length: 0 };
}
