import type { DocumentFormat } from "@benchai/contract/rag";

import { chunkMarkdown } from "../core/chunkers/markdown.ts";
import { chunkText } from "../core/chunkers/text.ts";
import type { ParsedDocument } from "../core/document.ts";
import { readFrontMatter } from "../core/front-matter.ts";
import { findLines } from "../core/lines.ts";
import { noteContent, tagsWithParents } from "../core/vault/note-content.ts";
import { parseNote } from "../core/vault/parse-note.ts";
import { isExcalidraw } from "../core/vault/vault-paths.ts";
import { decodeText } from "./decode.ts";
import { nameOf, titleOf, type ParserInput } from "./parser.ts";

export function parseMarkdown(input: ParserInput): ParsedDocument {
  const document = parsePlain(input);
  return input.isNote ? asNote(input, document) : document;
}

/** As a vault has it: named by its file, with Obsidian's tags and links. Of a drawing there is nothing to read. */
function asNote({ path }: ParserInput, document: ParsedDocument): ParsedDocument {
  const note = parseNote(document.text);
  const isDrawing = isExcalidraw(note.properties);
  return {
    ...document,
    title: nameOf(path),
    tags: tagsWithParents(note.tags),
    chunks: isDrawing ? [] : document.chunks,
    note: noteContent(isDrawing ? { ...note, links: [], headings: [], blocks: [] } : note),
  };
}

function parsePlain(input: ParserInput): ParsedDocument {
  const text = decodeText(input);
  const lines = findLines(text);
  const { lineCount, title, tags, dateMs, properties } = readFrontMatter(lines);
  const { chunks, heading } = chunkMarkdown(lines, lineCount);
  return {
    format: "markdown",
    title: titleOf(title ?? heading, input.path),
    text,
    tags,
    dateMs,
    properties,
    // A note with nothing but front matter is found by that.
    chunks: chunks.length > 0 ? chunks : chunkText(lines, [], 0, lineCount),
  };
}

/** A document of another format that was turned into Markdown. */
export function fromMarkdown(
  format: DocumentFormat,
  text: string,
  path: string,
  title?: string,
): ParsedDocument {
  const { chunks, heading } = chunkMarkdown(findLines(text));
  const ownTitle = titleOf(title?.trim() || heading, path);
  return { format, title: ownTitle, text, tags: [], dateMs: undefined, properties: {}, chunks };
}
