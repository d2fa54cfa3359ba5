import type { Canvas } from "./canvas.ts";
import { writeSubpath } from "./link-target.ts";
import type { Note, NoteLink } from "./note.ts";
import { fileName, foldPath } from "./vault-names.ts";

/** What the index keeps of a note besides its chunks. Lines count from 1. */
export type NoteContent = {
  readonly aliases: readonly string[];
  readonly headings: Note["headings"];
  readonly blocks: Note["blocks"];
  readonly links: readonly IndexedLink[];
  readonly fields: readonly IndexedField[];
};

/** `name` is what the target's file name is compared by; `subpath` is as written, with its `#`, or "". */
type IndexedLink = {
  readonly name: string;
  readonly target: string;
  readonly subpath: string;
  readonly line: number;
  readonly isEmbed: boolean;
};

/** One value of a property or an inline field, both folded. */
type IndexedField = { readonly key: string; readonly value: string };

const mostFields = 256;
const longestValue = 1_024;

export function noteContent(note: Note): NoteContent {
  const { aliases, headings, blocks } = note;
  return { aliases, headings, blocks, links: note.links.map(indexedLink), fields: fieldsOf(note) };
}

/** Cards' texts have no lines of the file: their links count as its first line's. */
export function canvasContent({ cards, files }: Canvas): NoteContent {
  const shown = files.map(({ path, subpath }) => ({
    name: nameOfTarget(path),
    target: `/${path}`,
    subpath: writeSubpath(subpath),
    line: 1,
    isEmbed: true,
  }));
  const written = cards.flatMap(({ links }) => links.map((link) => ({ ...indexedLink(link), line: 1 })));
  return { aliases: [], headings: [], blocks: [], links: [...shown, ...written], fields: [] };
}

/**
 * What a target's file may be called, folded and without `.md`: links with one name are the only ones that can mean the
 * same file.
 */
export function nameOfTarget(target: string): string {
  return fileName(foldPath(target)).replace(/\.md$/u, "");
}

/** Keys and values are compared without case. */
export function foldField(text: string): string {
  return text.normalize("NFC").trim().toLowerCase().slice(0, longestValue);
}

/** A tag and all above it: `a/b` stands below `a`. */
export function tagsWithParents(tags: readonly string[]): readonly string[] {
  const all = tags.flatMap((tag) => {
    const parts = tag.split("/");
    return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
  });
  return [...new Set(all.filter((tag) => tag !== ""))];
}

function indexedLink({ target, subpath, line, isEmbed }: NoteLink): IndexedLink {
  return { name: nameOfTarget(target), target, subpath: writeSubpath(subpath), line, isEmbed };
}

/** Of a list each value, of an inline field the whole and what its commas part. */
function fieldsOf({ properties, fields }: Note): readonly IndexedField[] {
  const ofProperties = Object.entries(properties).flatMap(([key, value]) =>
    scalarsOf(value).map((scalar) => ({ key, value: scalar })),
  );
  const inline = fields.flatMap(({ key, value }) =>
    [value, ...(value.includes(",") ? value.split(",") : [])].map((part) => ({ key, value: part })),
  );
  const folded = [...ofProperties, ...inline].map(({ key, value }) => ({
    key: foldField(key),
    value: foldField(value),
  }));
  const once = new Map(folded.map((field) => [JSON.stringify([field.key, field.value]), field]));
  return [...once.values()].slice(0, mostFields);
}

function scalarsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => scalarsOf(item));
  if (typeof value === "string") return [value];
  return typeof value === "number" || typeof value === "boolean" ? [String(value)] : [];
}
