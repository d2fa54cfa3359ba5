import { type Static, Type } from "typebox";

/** Where a memory came from. `span`: start and end of its words in the turn, in UTF-16 units. */
export const Provenance = Type.Object(
  {
    conversation: Type.Optional(Type.String({ maxLength: 256 })),
    turn: Type.Optional(Type.String({ maxLength: 256 })),
    span: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { minItems: 2, maxItems: 2 })),
    source: Type.Optional(Type.String({ maxLength: 256 })),
  },
  { additionalProperties: false },
);
export type Provenance = Static<typeof Provenance>;

/** `namespace` separates an owner's conversations or projects; the empty one holds what is always true of the owner. */
const Namespace = Type.String({ maxLength: 256 });
const Category = Type.String({ minLength: 1, maxLength: 64 });
const Importance = Type.Number({ minimum: 0, maximum: 1 });
const Content = Type.String({ minLength: 1, maxLength: 16_384 });

/** `POST /v1/memory/add`. The historic `{content, category}` is enough; `category` is `general` when absent. */
export const MemoryAddRequest = Type.Object(
  {
    content: Content,
    category: Type.Optional(Category),
    importance: Type.Optional(Importance),
    namespace: Type.Optional(Namespace),
    pinned: Type.Optional(Type.Boolean()),
    provenance: Type.Optional(Provenance),
    /** ISO 8601; since when it is true. Now when absent. */
    valid_from: Type.Optional(Type.String({ maxLength: 40 })),
    /** The id of a memory that this one replaces: that one ends when this one begins. */
    supersedes: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);
export type MemoryAddRequest = Static<typeof MemoryAddRequest>;

/** `PATCH /v1/memory/{id}`: what is absent stays. */
export const MemoryPatch = Type.Object(
  {
    content: Type.Optional(Content),
    category: Type.Optional(Category),
    importance: Type.Optional(Importance),
    namespace: Type.Optional(Namespace),
    pinned: Type.Optional(Type.Boolean()),
    /** ISO 8601, or null: true until further notice. */
    valid_to: Type.Optional(Type.Union([Type.String({ maxLength: 40 }), Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type MemoryPatch = Static<typeof MemoryPatch>;

export const MemoryView = Type.Object({
  id: Type.String(),
  content: Type.String(),
  category: Type.String(),
  importance: Type.Number(),
  namespace: Type.String(),
  pinned: Type.Boolean(),
  provenance: Provenance,
  batch: Type.Optional(Type.String()),
  created_at: Type.String(),
  updated_at: Type.String(),
  valid_from: Type.String(),
  valid_to: Type.Optional(Type.String()),
  superseded_by: Type.Optional(Type.String()),
  access_count: Type.Integer(),
  accessed_at: Type.Optional(Type.String()),
});
export type MemoryView = Static<typeof MemoryView>;

/** `added`, or why nothing new was written: the same statement, or nearly the same one, was there (`memory` is that one). */
export const memoryOutcomes = ["added", "duplicate", "near_duplicate"] as const;
export const MemoryAddAnswer = Type.Object({
  /** Historic fields. */
  status: Type.Literal("ok"),
  message: Type.String(),
  outcome: Type.Enum(memoryOutcomes),
  memory: MemoryView,
});
export type MemoryAddAnswer = Static<typeof MemoryAddAnswer>;

export const MemoryHit = Type.Object({ ...MemoryView.properties, relevance: Type.Number() });
export type MemoryHit = Static<typeof MemoryHit>;

export const MemoryStats = Type.Object({
  /** Historic fields. */
  total_memories: Type.Integer(),
  total_conversations: Type.Integer(),
  by_category: Type.Record(Type.String(), Type.Integer()),
  fts5_enabled: Type.Literal(true),
  journal_mode: Type.String(),
  db_size_bytes: Type.Integer(),
  /** Ours. */
  by_namespace: Type.Record(Type.String(), Type.Integer()),
  superseded: Type.Integer(),
  pinned: Type.Integer(),
});
export type MemoryStats = Static<typeof MemoryStats>;

/** The categories of the original; any other name is as good. */
export const historicCategories = [
  "preference",
  "fact",
  "context",
  "code",
  "general",
  "user_stated",
] as const;

/**
 * One line of `GET /v1/memory/export`, and of `POST /v1/memory/import`: a memory with all it has. The fields' order is
 * the export's, so that an export that is imported and exported again is the same bytes.
 */
export const MemoryRecord = Type.Object(
  {
    ...MemoryView.properties,
    id: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }),
    content: Content,
    category: Category,
    importance: Importance,
    namespace: Namespace,
    batch: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" })),
    access_count: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type MemoryRecord = Static<typeof MemoryRecord>;

/** `row` counts lines from 1 in NDJSON; in the original's databases it is the row's id. */
const ImportProblem = Type.Object({ row: Type.Integer(), reason: Type.String() });

/** What an import did. `doubtful` was imported, though it would not be accepted as a new memory; by reason. */
export const MemoryImportAnswer = Type.Object({
  status: Type.Literal("ok"),
  imported: Type.Integer(),
  duplicates: Type.Integer(),
  refused: Type.Integer(),
  /** The first hundred that were refused, without their text. */
  problems: Type.Array(ImportProblem),
  doubtful: Type.Record(Type.String(), Type.Integer()),
  /** Undo with `DELETE /v1/memory/batches/{batch}`; absent when the rows kept batches of their own or nothing came in. */
  batch: Type.Optional(Type.String()),
});
export type MemoryImportAnswer = Static<typeof MemoryImportAnswer>;

/** `DELETE /v1/memory/{id}`. `erased`: also the bytes are gone from the file and its log. */
export const MemoryForgotten = Type.Object({
  status: Type.Literal("ok"),
  deleted: Type.Integer(),
  erased: Type.Boolean(),
});
export type MemoryForgotten = Static<typeof MemoryForgotten>;

export const MemoryHits = Type.Object({ results: Type.Array(MemoryHit) });
export const MemoryList = Type.Object({ results: Type.Array(MemoryView) });
