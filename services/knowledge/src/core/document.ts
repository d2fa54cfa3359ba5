import type { DocumentFormat } from "@benchai/contract/rag";

import type { NoteContent } from "./vault/note-content.ts";

/**
 * A document as it was read. `text` is what its chunks' lines count in: the file itself for formats that are text,
 * what was extracted for the others (pdf, docx, html, ipynb). Lines end with `\n` in it, whatever the file had.
 */
export type ParsedDocument = {
  readonly format: DocumentFormat;
  readonly title: string;
  readonly text: string;
  readonly tags: readonly string[];
  /** The document's own date in epoch ms, when it has one. */
  readonly dateMs: number | undefined;
  /** Front matter and the like, plain JSON. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly chunks: readonly Chunk[];
  /** Only of a vault's notes and canvases. */
  readonly note?: NoteContent;
};

/** A document without its text, which its chunks hold: what is sent between processes and written. */
export type DocumentContent = Omit<ParsedDocument, "text">;

/**
 * A piece of a document that is found as one. Invariant: `text` equals lines `startLine` to `endLine` of the
 * document's text, joined by `\n`; or, when columns are given, that part of the single line. No chunk cuts a
 * surrogate pair.
 */
export type Chunk = {
  /** Counted from 1; the last one is included. */
  readonly startLine: number;
  readonly endLine: number;
  /** UTF-16 units from 1, the last one included; only for a part of one line. */
  readonly startColumn?: number;
  readonly endColumn?: number;
  /** Headings, class and function names, column names: where the chunk stands. */
  readonly headingPath: readonly string[];
  readonly text: string;
};
