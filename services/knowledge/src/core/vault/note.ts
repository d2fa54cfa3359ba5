/**
 * An Obsidian note as it was read. Offsets count UTF-16 units of the very text that was given, byte order mark and `\r\n`
 * line ends included; lines count from 1.
 * What stands in code, comments (`%% %%`, `<!-- -->`) and maths is neither a link, nor a tag, nor a field.
 */
export type Note = {
  /** Plain JSON of the front matter; empty when there is none or it is broken. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Why the front matter could not be read; the body is read all the same. */
  readonly propertiesProblem: string | undefined;
  /** Lines that the front matter takes, its marks included; 0 when there is none. */
  readonly frontMatterLines: number;
  /** Without `#`, as written, front matter's and the body's, each once (compared without case). `a/b` stands below `a`. */
  readonly tags: readonly string[];
  readonly aliases: readonly string[];
  /** Dataview's inline fields, in their order; a key may come more than once. */
  readonly fields: readonly NoteField[];
  readonly links: readonly NoteLink[];
  readonly headings: readonly NoteHeading[];
  readonly blocks: readonly NoteBlock[];
  readonly callouts: readonly NoteCallout[];
};

export type Span = { readonly start: number; readonly end: number };

/** `key:: value` on a line of its own, `[key:: value]` or `(key:: value)`. */
export type NoteField = { readonly key: string; readonly value: string; readonly line: number };

export type NoteLink = {
  /** `[[target#subpath|display]]`, or `[display](target#subpath)`. Links to other places (`https:`, `mailto:`) are left out. */
  readonly kind: "wikilink" | "markdown";
  /** Written with `!`: the target is shown in place of the link. */
  readonly isEmbed: boolean;
  /** As it names a file: percent signs and table escapes (`\|`) undone; "" for a place in the same note. */
  readonly target: string;
  readonly subpath: Subpath | undefined;
  /** What is shown instead of the target, when it is said. */
  readonly display: string | undefined;
  readonly line: number;
  /** The whole link, `!` and brackets included. */
  readonly span: Span;
  /** The target alone as written, without `#…`: what a rename replaces. */
  readonly targetSpan: Span;
  /** Whether it stands in a property of the front matter. */
  readonly isProperty: boolean;
};

/** `#A#B` is the heading B somewhere below A; `#^id` is a block. */
export type Subpath =
  | { readonly kind: "heading"; readonly path: readonly string[] }
  | { readonly kind: "block"; readonly id: string };

/** `endLine` is the last line of its section: before the next heading of the same or a higher level. */
export type NoteHeading = {
  readonly level: number;
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
};

/**
 * A paragraph, list item (with what is nested in it), table, fence, quote … that carries `^id`. An id on a line of its own
 * does not belong to the lines of the block that it names.
 */
export type NoteBlock = { readonly id: string; readonly line: number; readonly endLine: number };

/** `> [!type|…]± title`; the type as Obsidian compares it, in lower case and with `-` for blanks. */
export type NoteCallout = {
  readonly type: string;
  readonly title: string | undefined;
  readonly fold: "open" | "closed" | undefined;
  readonly line: number;
  readonly endLine: number;
};
