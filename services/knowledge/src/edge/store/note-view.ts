import type { NoteView } from "@benchai/contract/obsidian";

import { expandEmbeds, type NoteText } from "../../core/vault/expand-embeds.ts";
import { parseNote } from "../../core/vault/parse-note.ts";
import { resolveLink } from "../../core/vault/resolve-link.ts";
import type { Db } from "./open.ts";
import { whenSet } from "./rows.ts";
import { checkLinks } from "./vault-notes.ts";
import { vaultFileNames } from "./vault-names-cache.ts";

type NoteCall = { readonly sourceId: number; readonly path: string; readonly text: string };

/** What Obsidian sees in a note's text. It is read here, in the reader's thread, as a note may be megabytes. */
export type NoteDetails = Omit<
  NoteView,
  "path" | "etag" | "modified_at" | "size_bytes" | "text" | "conflict_of" | "segments"
>;

export function describeNote(db: Db, { sourceId, path, text }: NoteCall): NoteDetails {
  const note = parseNote(text);
  return {
    properties: { ...note.properties },
    ...whenSet("properties_problem", note.propertiesProblem ?? null),
    tags: [...note.tags],
    aliases: [...note.aliases],
    fields: [...note.fields],
    headings: note.headings.map(({ level, text: heading, ...lines }) => ({
      level,
      text: heading,
      ...linesOf(lines),
    })),
    blocks: note.blocks.map(({ id, ...lines }) => ({ id, ...linesOf(lines) })),
    callouts: note.callouts.map(({ type, title, ...lines }) => ({
      type,
      ...whenSet("title", title ?? null),
      ...linesOf(lines),
    })),
    links: checkLinks(db, { sourceId, path, links: note.links }),
  };
}

function linesOf({ line, endLine }: { readonly line: number; readonly endLine: number }) {
  return { line, end_line: endLine };
}

/** The notes that a note shows in itself. */
export function embeddedPaths(db: Db, { sourceId, path, text }: NoteCall): string[] {
  const names = vaultFileNames(db, sourceId);
  const embeds = parseNote(text).links.filter((link) => link.isEmbed);
  const shown = embeds.flatMap(({ target }) => resolveLink(names, path, target) ?? []);
  return [...new Set(shown)].filter((other) => /\.md$/iu.test(other) && other !== path);
}

/** UTF-16 units that embeds may add to a note. */
const mostEmbedded = 200_000;

/** A note's text with what its embeds show; `embedded` are the texts of `embeddedPaths` that could be read. */
export function expandNote(
  db: Db,
  call: NoteCall & { readonly embedded: readonly { readonly path: string; readonly text: string }[] },
): NonNullable<NoteView["segments"]> {
  const texts = new Map<string, NoteText>(
    [call, ...call.embedded].map(({ path, text }) => [path, { path, text, note: parseNote(text) }]),
  );
  const host = texts.get(call.path);
  if (!host) return [];
  const options = {
    names: vaultFileNames(db, call.sourceId),
    read: (path: string) => texts.get(path),
    maxChars: mostEmbedded,
  };
  return expandEmbeds(host, options).map(({ path, text, isEmbedded, ...lines }) => ({
    path,
    ...linesOf(lines),
    embedded: isEmbedded,
    text,
  }));
}
