import { type Static, Type } from "typebox";

const Name = Type.String({ minLength: 1, maxLength: 128, pattern: "^[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]*$" });

export const documentFormats = [
  "markdown",
  "text",
  "code",
  "html",
  "pdf",
  "docx",
  "csv",
  "json",
  "ipynb",
  "canvas",
] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/** Which documents a search or a list may see, besides what belongs to the owner. All conditions hold together. */
export const DocumentFilter = Type.Object(
  {
    /** A glob over the document's path, as in `.gitignore`. */
    path: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024 })),
    /** Documents that carry every one of these tags. */
    tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 32 })),
    /** ISO 8601 dates or times; the document's own date, else the file's last change. */
    after: Type.Optional(Type.String({ maxLength: 40 })),
    before: Type.Optional(Type.String({ maxLength: 40 })),
    /** Notes of a vault with these values among their properties and inline fields (`status:: done`). */
    fields: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Type.String({ maxLength: 1_024 }), {
        maxProperties: 16,
      }),
    ),
    /** Notes of a vault that link to this one. */
    links_to: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024 })),
  },
  { additionalProperties: false },
);
export type DocumentFilter = Static<typeof DocumentFilter>;

/** `POST /v1/rag/search`; `GET` takes the same as query parameters, `q` and `n` being accepted for `query` and `k`. */
export const SearchRequest = Type.Object(
  {
    query: Type.String({ minLength: 1, maxLength: 20_000 }),
    /** Names of the owner's collections; all of them when absent. */
    collections: Type.Optional(Type.Array(Name, { maxItems: 64 })),
    k: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    filter: Type.Optional(DocumentFilter),
    /** `lexical` asks the full-text index alone, `dense` the vectors alone. */
    mode: Type.Optional(Type.Enum(["hybrid", "lexical", "dense"])),
    rerank: Type.Optional(Type.Boolean()),
    /** Says of each hit where it stood in each leg. */
    explain: Type.Optional(Type.Boolean()),
    /** Chunks before and after each hit that come along as its context. */
    neighbours: Type.Optional(Type.Integer({ minimum: 0, maximum: 5 })),
  },
  { additionalProperties: false },
);
export type SearchRequest = Static<typeof SearchRequest>;

/** What a hit came from: `reference` is `path#Lstart-Lend`, and `sha256` the hash of the document that was read. */
export const Citation = Type.Object({
  reference: Type.String(),
  collection: Type.String(),
  document_id: Type.String(),
  path: Type.String(),
  title: Type.String(),
  heading_path: Type.Array(Type.String()),
  start_line: Type.Integer(),
  end_line: Type.Integer(),
  /** Only when the chunk is a part of one line. Columns count UTF-16 units from 1, the last one included. */
  start_column: Type.Optional(Type.Integer()),
  end_column: Type.Optional(Type.Integer()),
  sha256: Type.String(),
});
export type Citation = Static<typeof Citation>;

/** Rank counts from 1; `score` is the leg's own (bm25 with its sign turned, cosine, reranker). */
export const LegScore = Type.Object({ rank: Type.Integer(), score: Type.Number() });
export type LegScore = Static<typeof LegScore>;

export const SearchHit = Type.Object({
  content: Type.String(),
  /** The document's path, as the historic API called it. */
  source: Type.String(),
  score: Type.Number(),
  citation: Citation,
  context: Type.Optional(Type.Object({ before: Type.String(), after: Type.String() })),
  explain: Type.Optional(
    Type.Object({
      lexical: Type.Optional(LegScore),
      dense: Type.Optional(LegScore),
      rerank: Type.Optional(LegScore),
    }),
  ),
});
export type SearchHit = Static<typeof SearchHit>;

export const SearchAnswer = Type.Object({
  results: Type.Array(SearchHit),
  /** What was asked, and what was left out and why (`dense`: no vectors yet, …). */
  legs: Type.Object({
    lexical: Type.Boolean(),
    dense: Type.Boolean(),
    rerank: Type.Boolean(),
    notes: Type.Array(Type.String()),
  }),
  took_ms: Type.Number(),
});
export type SearchAnswer = Static<typeof SearchAnswer>;

export const CollectionRequest = Type.Object(
  { name: Name, description: Type.Optional(Type.String({ maxLength: 1_000 })) },
  { additionalProperties: false },
);

export const CollectionView = Type.Object({
  name: Type.String(),
  description: Type.String(),
  created_at: Type.String(),
  documents: Type.Integer(),
  chunks: Type.Integer(),
  /** Chunks that have no vector of the present embedding model yet. */
  unembedded: Type.Integer(),
});
export type CollectionView = Static<typeof CollectionView>;

/** A folder below the mounted documents folder. Patterns are globs, relative to the folder. */
export const FolderSpec = Type.Object(
  {
    path: Type.String({ minLength: 1, maxLength: 4_096 }),
    include: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 256 })),
    exclude: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 256 })),
    recursive: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type FolderSpec = Static<typeof FolderSpec>;

/** `POST /v1/rag/index`, in the historic shape; `collection` is `default` when absent. Answers with the job. */
export const IndexRequest = Type.Object(
  { ...FolderSpec.properties, collection: Type.Optional(Name) },
  { additionalProperties: false },
);
export type IndexRequest = Static<typeof IndexRequest>;

/** `POST /v1/rag/documents` with JSON: pasted text; `format` is told by `path` when absent. */
export const TextDocumentRequest = Type.Object(
  {
    collection: Type.Optional(Name),
    path: Type.String({ minLength: 1, maxLength: 1_024 }),
    text: Type.String({ minLength: 1, maxLength: 16_777_216 }),
  },
  { additionalProperties: false },
);
export type TextDocumentRequest = Static<typeof TextDocumentRequest>;

export const DocumentView = Type.Object({
  id: Type.String(),
  collection: Type.String(),
  source_id: Type.String(),
  path: Type.String(),
  title: Type.String(),
  format: Type.String(),
  size_bytes: Type.Integer(),
  sha256: Type.String(),
  tags: Type.Array(Type.String()),
  date: Type.String(),
  indexed_at: Type.String(),
  chunks: Type.Integer(),
  /** Why it has no chunks, when it could not be read. */
  problem: Type.Optional(Type.String()),
});
export type DocumentView = Static<typeof DocumentView>;

export const SourceView = Type.Object({
  id: Type.String(),
  collection: Type.String(),
  kind: Type.Enum(["folder", "upload", "text", "vault"]),
  spec: Type.Record(Type.String(), Type.Unknown()),
  created_at: Type.String(),
  indexed_at: Type.Union([Type.String(), Type.Null()]),
  problem: Type.Optional(Type.String()),
  documents: Type.Integer(),
});
export type SourceView = Static<typeof SourceView>;
