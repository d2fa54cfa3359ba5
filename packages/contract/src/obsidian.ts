import { type Static, Type } from "typebox";

import { SearchRequest } from "./rag.ts";

const strict = { additionalProperties: false } as const;

/** Relative to the vault, with forward slashes and the extension. */
export const NotePath = Type.String({ minLength: 1, maxLength: 1_024 });
const Heading = Type.Union([
  Type.String({ minLength: 1, maxLength: 1_024 }),
  Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { minItems: 1, maxItems: 16 }),
]);
const Text = Type.String({ maxLength: 4_194_304 });

/** `GET /v1/obsidian/status`. `problem`: why the vault cannot be used just now. */
export const VaultStatus = Type.Object({
  configured: Type.Boolean(),
  available: Type.Boolean(),
  problem: Type.Optional(Type.String()),
  /** `folder`: mounted; `rest`: Obsidian's Local REST API. */
  kind: Type.Optional(Type.Enum(["folder", "rest"])),
  writable: Type.Boolean(),
  /** The collection that chats and searches name. */
  collection: Type.String(),
  notes: Type.Integer(),
  /** Files of all kinds, notes included. */
  files: Type.Integer(),
  links: Type.Integer(),
  /** Copies that sync programs made of notes that were changed in two places. */
  conflicts: Type.Array(NotePath),
  indexed_at: Type.Union([Type.String(), Type.Null()]),
});
export type VaultStatus = Static<typeof VaultStatus>;

/** A note as the index has it. */
export const NoteSummary = Type.Object({
  path: NotePath,
  title: Type.String(),
  tags: Type.Array(Type.String()),
  aliases: Type.Array(Type.String()),
  /** The note's own date, else its last change. */
  date: Type.String(),
  size_bytes: Type.Integer(),
  sha256: Type.String(),
  problem: Type.Optional(Type.String()),
});
export type NoteSummary = Static<typeof NoteSummary>;

/** `GET /v1/obsidian/notes`, as query parameters. `field` is `key=value`, and may come more than once. */
export const NoteListQuery = Type.Object(
  {
    folder: Type.Optional(Type.String({ maxLength: 1_024 })),
    tag: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 32 })])),
    field: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 32 })])),
    after: Type.Optional(Type.String({ maxLength: 40 })),
    before: Type.Optional(Type.String({ maxLength: 40 })),
    /** The last path of the page before. */
    start_after: Type.Optional(Type.String({ maxLength: 1_024 })),
    limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,5}$" })),
  },
  strict,
);
export type NoteListQuery = Static<typeof NoteListQuery>;

/** `missing`: what of the target is not there. */
export const LinkView = Type.Object({
  text: Type.String(),
  line: Type.Integer(),
  embed: Type.Boolean(),
  to: Type.Union([NotePath, Type.Null()]),
  missing: Type.Optional(Type.Enum(["no_note", "no_heading", "no_block"])),
});
export type LinkView = Static<typeof LinkView>;

const Lines = { line: Type.Integer(), end_line: Type.Integer() };

/** `GET /v1/obsidian/notes/{path}`: the note as it is on the disk now, and what Obsidian sees in it. Lines count from 1. */
export const NoteView = Type.Object({
  path: NotePath,
  /** SHA-256 of the bytes; `If-Match` takes it, in quotes. */
  etag: Type.String(),
  modified_at: Type.String(),
  size_bytes: Type.Integer(),
  text: Type.String(),
  properties: Type.Record(Type.String(), Type.Unknown()),
  properties_problem: Type.Optional(Type.String()),
  tags: Type.Array(Type.String()),
  aliases: Type.Array(Type.String()),
  fields: Type.Array(Type.Object({ key: Type.String(), value: Type.String(), line: Type.Integer() })),
  headings: Type.Array(Type.Object({ level: Type.Integer(), text: Type.String(), ...Lines })),
  blocks: Type.Array(Type.Object({ id: Type.String(), ...Lines })),
  callouts: Type.Array(Type.Object({ type: Type.String(), title: Type.Optional(Type.String()), ...Lines })),
  links: Type.Array(LinkView),
  /** The note that a sync program made this copy of. */
  conflict_of: Type.Optional(NotePath),
  /** With `embeds=expand`: the text, with what its embeds show, each piece with the note and the lines it is from. */
  segments: Type.Optional(
    Type.Array(Type.Object({ path: NotePath, ...Lines, embedded: Type.Boolean(), text: Type.String() })),
  ),
});
export type NoteView = Static<typeof NoteView>;

export const PutNoteRequest = Type.Object({ text: Text }, strict);

/** `POST /v1/obsidian/notes/{path}`: adds lines at the end, or at the end of a heading's section. */
export const AppendRequest = Type.Object({ text: Text, heading: Type.Optional(Heading) }, strict);

/** `PATCH /v1/obsidian/notes/{path}`: one part of the note. `content` is text; of a property it is any JSON. */
export const PatchRequest = Type.Object(
  {
    target: Type.Union([
      Type.Object({ heading: Heading }, strict),
      Type.Object({ block: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
      Type.Object({ property: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
    ]),
    operation: Type.Enum(["append", "prepend", "replace", "remove"]),
    content: Type.Optional(Type.Unknown()),
  },
  strict,
);
export type PatchRequest = Static<typeof PatchRequest>;

export const RenameRequest = Type.Object({ from: NotePath, to: NotePath }, strict);

export const NoteWritten = Type.Object({ path: NotePath, etag: Type.String(), created: Type.Boolean() });
export type NoteWritten = Static<typeof NoteWritten>;
/** `updated`: the other notes whose links were rewritten. */
export const NoteRenamed = Type.Object({ ...NoteWritten.properties, updated: Type.Array(NotePath) });
export const NoteTrashed = Type.Object({ trash_path: NotePath });

export const Backlink = Type.Object({
  path: NotePath,
  line: Type.Integer(),
  text: Type.String(),
  embed: Type.Boolean(),
});
export type Backlink = Static<typeof Backlink>;

/** `GET /v1/obsidian/graph`: paths of notes, and how often one links to the other. */
export const VaultGraphView = Type.Object({
  links: Type.Array(Type.Object({ from: NotePath, to: NotePath, count: Type.Integer() })),
  unresolved: Type.Array(
    Type.Object({
      from: NotePath,
      line: Type.Integer(),
      text: Type.String(),
      reason: Type.Enum(["no_note", "no_heading", "no_block"]),
    }),
  ),
  orphans: Type.Array(NotePath),
});
export type VaultGraphView = Static<typeof VaultGraphView>;

/** `POST /v1/obsidian/search`: as `/v1/rag/search`, in the vault alone. */
export const VaultSearchRequest = Type.Omit(SearchRequest, ["collections"], strict);
export type VaultSearchRequest = Static<typeof VaultSearchRequest>;

export const periods = ["daily", "weekly", "monthly", "quarterly", "yearly"] as const;

/** `POST /v1/obsidian/periodic/{period}`: makes the note by the vault's settings and template when it is not there, and adds lines. */
export const PeriodicRequest = Type.Object(
  {
    date: Type.Optional(Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" })),
    text: Type.Optional(Text),
    heading: Type.Optional(Heading),
  },
  strict,
);
export type PeriodicRequest = Static<typeof PeriodicRequest>;
