import { readFrontMatter } from "../front-matter.ts";
import { findLines, type TextLines } from "../lines.ts";
import { scanBlocks } from "./block-scanner.ts";
import type { BlockLines, BlockTaker, FoundCallout, FoundHeading, InlineBlock } from "./blocks.ts";
import { readFields } from "./inline-fields.ts";
import { scanInline, type InlineContent } from "./inline-scanner.ts";
import type { Note, NoteBlock, NoteCallout, NoteField, NoteHeading, NoteLink } from "./note.ts";
import { readPropertyLinks } from "./property-links.ts";

/** Reads a note as Obsidian does; never throws. `text` is the note as it is stored: spans are offsets in it. */
export function parseNote(text: string): Note {
  const lines = noteLines(text);
  const { lineCount, properties, tags, aliases, problem } = readFrontMatter(lines);
  const body = new NoteBody(text);
  scanBlocks(lines, lineCount, body);
  return {
    properties: problem === undefined ? properties : {},
    propertiesProblem: problem,
    frontMatterLines: lineCount,
    tags: eachOnce([...tags, ...body.tags]),
    aliases,
    fields: body.fields,
    links: [...(problem === undefined ? readPropertyLinks(lines, lineCount) : []), ...body.links],
    headings: body.finishedHeadings(lineCountOf(lines)),
    blocks: body.finishedBlocks(),
    callouts: body.finishedCallouts(),
  };
}

/** A byte order mark belongs to no line. */
function noteLines(text: string): TextLines {
  const { starts } = findLines(text);
  return text.startsWith("\u{feff}") ? { text, starts: [1, ...starts.slice(1)] } : { text, starts };
}

/** What follows the last line end is a line only when it has something. */
function lineCountOf({ text, starts }: TextLines): number {
  return text.endsWith("\n") ? starts.length - 1 : starts.length;
}

/** Compared without case, as Obsidian compares tags. */
function eachOnce(tags: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const tag of tags) {
    const key = tag.toLowerCase();
    if (!seen.has(key)) seen.set(key, tag);
  }
  return [...seen.values()];
}

/** Gathers what the blocks of a note hold. */
class NoteBody implements BlockTaker {
  readonly links: NoteLink[] = [];
  readonly tags: string[] = [];
  readonly fields: NoteField[] = [];
  readonly #text: string;
  readonly #headings: FoundHeading[] = [];
  readonly #callouts: FoundCallout[] = [];
  readonly #ids: { readonly id: string; readonly lines: BlockLines }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  inline(block: InlineBlock): void {
    const content = scanInline(this.#text, block);
    for (const link of content.links) this.links.push(link);
    for (const tag of content.tags) this.tags.push(tag);
    for (const field of readFields(content)) this.fields.push(field);
    this.#takeId(block, content);
  }

  heading(heading: FoundHeading): void {
    this.#headings.push(heading);
  }

  callout(callout: FoundCallout): void {
    this.#callouts.push(callout);
  }

  #takeId({ owner, previous }: InlineBlock, { text, hidden }: InlineContent): void {
    const found = owner && idAtEnd(text.source);
    if (!found || (hidden.at(-1)?.end ?? -1) > found.at) return;
    const lines = found.at === 0 ? previous : owner;
    if (lines) this.#ids.push({ id: found.id, lines });
  }

  /** A section ends before the next heading of its level or a higher one. */
  finishedHeadings(lineCount: number): NoteHeading[] {
    const ends: number[] = [];
    /** The line of the last heading of each level or a higher one, from the end on. */
    const next = Array.from({ length: 7 }, () => lineCount + 1);
    for (const { level, lines } of this.#headings.toReversed()) {
      ends.push((next[level] ?? lineCount + 1) - 1);
      next.fill(lines.first + 1, level);
    }
    return this.#headings.map(({ level, pieces, lines }, index) => ({
      level,
      text: pieces.map(({ from, to }) => this.#text.slice(from, to).trim()).join(" "),
      line: lines.first + 1,
      endLine: ends.at(-1 - index) ?? lineCount,
    }));
  }

  finishedBlocks(): NoteBlock[] {
    return this.#ids.map(({ id, lines }) => ({ id, ...span(lines) }));
  }

  finishedCallouts(): NoteCallout[] {
    return this.#callouts.map(({ type, title, fold, lines }) => ({ type, title, fold, ...span(lines) }));
  }
}

function span({ first, last }: BlockLines): { line: number; endLine: number } {
  return { line: first + 1, endLine: last + 1 };
}

/** `^id` behind a blank at the end of a block's text, or alone; letters, digits and dashes (Obsidian Help, Internal links). */
function idAtEnd(source: string): { readonly at: number; readonly id: string } | undefined {
  const end = source.trimEnd().length;
  let from = end;
  while (from > 0 && /[A-Za-z0-9-]/u.test(source.charAt(from - 1))) from -= 1;
  const at = from - 1;
  if (from === end || source[at] !== "^") return undefined;
  return at === 0 || /\s/u.test(source.charAt(at - 1)) ? { at, id: source.slice(from, end) } : undefined;
}
