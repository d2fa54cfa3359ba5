import type { ParsedDocument } from "../core/document.ts";
import { shorten } from "../core/lines.ts";

/** A file as it was read. `path` is relative to its source, with forward slashes. */
export type ParserInput = {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
  /** Of an Obsidian vault. */
  readonly isNote?: boolean;
};

/** Reads one format. Throws `AppError` (document_unreadable) with the reason when it cannot. */
export type Parser = (input: ParserInput) => Promise<ParsedDocument> | ParsedDocument;

/** The name of a file without its folders and its extension: the title of what has no other. */
export function nameOf(path: string): string {
  const file = fileName(path);
  return file.replace(/(?<=.)\.[^.]*$/u, "");
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A title that a document gives itself, or the file's name. */
export function titleOf(given: string | undefined, path: string): string {
  const title = given?.replaceAll(/\s+/gu, " ").trim();
  return shorten(title || nameOf(path), 500);
}
