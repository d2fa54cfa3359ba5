import { findLines, lineAt, linesText, type TextLines } from "../lines.ts";
import { NotePlaces } from "./note-places.ts";
import type { Note, NoteLink } from "./note.ts";
import { resolveLink } from "./resolve-link.ts";
import type { LineRange } from "./sections.ts";
import type { VaultNames } from "./vault-names.ts";

export type NoteText = { readonly path: string; readonly text: string; readonly note: Note };

/** Text and where it stands: lines from 1 of the note at `path`. */
export type EmbedSegment = LineRange & {
  readonly path: string;
  readonly text: string;
  /** Of another place, shown here by an embed. */
  readonly isEmbedded: boolean;
};

export type ExpandOptions = {
  readonly names: VaultNames;
  /** A note's text and content; undefined for what is no note or cannot be read: its embed stays a link. */
  readonly read: (path: string) => NoteText | undefined;
  /** UTF-16 units of embedded text in all; an embed that would go beyond it stays a link. */
  readonly maxChars: number;
};

/**
 * A note's text with its embeds of notes, sections and blocks replaced by what they show. Once only: an embed in embedded
 * text stays a link, and so does one that shows the place it stands in, or nothing that can be read.
 */
export function expandEmbeds(host: NoteText, options: ExpandOptions): EmbedSegment[] {
  const cutter = new Cutter(host.text);
  const targets = new Targets(host.path, options);
  const segments: EmbedSegment[] = [];
  let done = 0;
  for (const link of host.note.links) {
    const shown = link.isEmbed && link.span.start >= done ? targets.shownBy(link) : undefined;
    if (!shown) continue;
    segments.push(...cutter.cut(host.path, done, link.span.start), shown);
    done = link.span.end;
  }
  return [...segments, ...cutter.cut(host.path, done, host.text.length)];
}

/** Cuts a text into segments that know their lines. */
class Cutter {
  readonly #lines: TextLines;

  constructor(text: string) {
    this.#lines = findLines(text);
  }

  /** The text between two offsets; nothing when it is empty. */
  cut(path: string, from: number, to: number): EmbedSegment[] {
    if (from >= to) return [];
    const text = this.#lines.text.slice(from, to);
    const [line, endLine] = [lineAt(this.#lines, from) + 1, lineAt(this.#lines, to - 1) + 1];
    return [{ path, line, endLine, text, isEmbedded: false }];
  }

  /** Whole lines, without the last line's end. */
  lines(path: string, { line, endLine }: LineRange): EmbedSegment {
    const text = linesText(this.#lines, line - 1, endLine)
      .replace(/^\u{feff}/u, "")
      .replace(/\r$/u, "");
    return { path, line, endLine, text, isEmbedded: true };
  }

  get lineCount(): number {
    const { text, starts } = this.#lines;
    return text.endsWith("\n") ? starts.length - 1 : starts.length;
  }
}

/** What the embeds of one note show. */
class Targets {
  readonly #hostPath: string;
  readonly #options: ExpandOptions;
  readonly #known = new Map<
    string,
    { readonly note: Note; readonly places: NotePlaces; readonly cutter: Cutter } | undefined
  >();
  #left: number;

  constructor(hostPath: string, options: ExpandOptions) {
    this.#hostPath = hostPath;
    this.#options = options;
    this.#left = options.maxChars;
  }

  shownBy({ target, subpath, line }: NoteLink): EmbedSegment | undefined {
    const path = resolveLink(this.#options.names, this.#hostPath, target);
    const read = path === undefined ? undefined : this.#read(path);
    if (path === undefined || !read) return undefined;
    const body = { line: read.note.frontMatterLines + 1, endLine: read.cutter.lineCount };
    const range = subpath ? read.places.find(subpath) : body;
    const isItself = path === this.#hostPath && range && range.line <= line && line <= range.endLine;
    if (!range || isItself || range.line > range.endLine) return undefined;
    const segment = read.cutter.lines(path, range);
    if (segment.text.length > this.#left) return undefined;
    this.#left -= segment.text.length;
    return segment;
  }

  #read(path: string) {
    if (this.#known.has(path)) return this.#known.get(path);
    const found = this.#options.read(path);
    const read = found && {
      note: found.note,
      places: new NotePlaces(found.note),
      cutter: new Cutter(found.text),
    };
    this.#known.set(path, read);
    return read;
  }
}
