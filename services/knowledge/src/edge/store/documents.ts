import { AppError } from "@benchai/contract/errors";
import type { DocumentView } from "@benchai/contract/rag";

import { documentText, type PlacedText } from "../../core/document-text.ts";
import type { KnownDocument } from "../../core/manifest.ts";
import type { Removed } from "./collections.ts";
import { removeDocument } from "./commit.ts";
import type { Db } from "./open.ts";
import { isoTime, whenSet } from "./rows.ts";
import { dropPath, type SourceKind } from "./sources.ts";

type DocumentRow = {
  readonly rowId: number;
  readonly sourceRow: number;
  readonly kind: SourceKind;
  readonly id: string;
  readonly collection: string;
  readonly sourceId: string;
  readonly path: string;
  readonly title: string;
  readonly format: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly dateMs: number;
  readonly indexedMs: number;
  readonly problem: string | null;
  readonly chunks: number;
  readonly tags: string;
};

/** Which documents of an owner to list: at most `limit`, after the one with the id `after`, in the order they came. */
export type DocumentList = {
  readonly owner: string;
  readonly collection?: string | undefined;
  readonly path?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
};

/** The owner's documents. */
export function listDocuments(db: Db, list: DocumentList): DocumentView[] {
  const { owner, limit, collection = null, path = null, after } = list;
  const afterRow = after === undefined ? 0 : documentRow(db, owner, after).rowId;
  return db
    .prepare<unknown[], DocumentRow>(
      `${selectDocuments} WHERE o.name = :owner AND d.id > :afterRow
       AND (:collection IS NULL OR c.name = :collection) AND (:path IS NULL OR d.path = :path)
       ORDER BY d.id LIMIT :limit`,
    )
    .all({ owner, afterRow, collection, path, limit })
    .map(view);
}

/** One document of the owner by its public id; 404 when there is none. */
export function documentById(
  db: Db,
  { owner, id }: { readonly owner: string; readonly id: string },
): DocumentView {
  return view(documentRow(db, owner, id));
}

/** The text that the document's citations count in, as far as its chunks hold it. */
export function textOfDocument(
  db: Db,
  { owner, id }: { readonly owner: string; readonly id: string },
): { readonly document: DocumentView; readonly text: string } {
  const row = documentRow(db, owner, id);
  const chunks = db
    .prepare<[number], PlacedText>(
      `SELECT k.start_line AS startLine, k.start_column AS startColumn, i.body AS text
       FROM chunks k JOIN chunk_index i ON i.rowid = k.id WHERE k.document_id = ? ORDER BY k.ordinal`,
    )
    .all(row.rowId);
  return { document: view(row), text: documentText(chunks) };
}

/**
 * Deletes a document of the owner. One of a folder is kept out from now on, though its file is still there; one
 * that was handed over takes the bytes along that were kept for it.
 */
export function deleteDocument(
  db: Db,
  { owner, id }: { readonly owner: string; readonly id: string },
): Removed {
  return db.transaction(() => {
    const row = documentRow(db, owner, id);
    const removedChunkIds = removeDocument(db, row.sourceRow, row.rowId);
    if (row.kind === "folder") dropPath(db, { sourceId: row.sourceRow, path: row.path });
    return { removedChunkIds };
  })();
}

/** What a scan of the source is compared with. */
export function manifestOf(db: Db, { sourceId }: { readonly sourceId: number }): KnownDocument[] {
  return db
    .prepare<[number], { id: number; path: string; sha256: string } & KnownDocument["stamp"]>(
      `SELECT id, path, content_sha256 AS sha256, size_bytes AS sizeBytes, mtime_ns AS mtimeNs,
         ctime_ns AS ctimeNs, inode FROM documents WHERE source_id = ?`,
    )
    .all(sourceId)
    .map(({ id, path, sha256, ...stamp }) => ({ documentId: id, path, sha256, stamp }));
}

/** Figures of one owner, for `GET /v1/rag/stats`. */
export type DocumentStats = {
  readonly collections: number;
  readonly sources: number;
  readonly documents: number;
  readonly unreadable: number;
  readonly chunks: number;
};

/** Counts what the owner has. */
export function documentStats(db: Db, { owner }: { readonly owner: string }): DocumentStats {
  const of = "FROM collections c JOIN owners o ON o.id = c.owner_id AND o.name = :owner";
  const stats = db
    .prepare<unknown[], DocumentStats>(
      `SELECT (SELECT count(*) ${of}) AS collections,
        (SELECT count(*) ${of} JOIN sources s ON s.collection_id = c.id) AS sources,
        (SELECT count(*) ${of} JOIN documents d ON d.collection_id = c.id) AS documents,
        (SELECT count(*) ${of} JOIN documents d ON d.collection_id = c.id AND d.problem IS NOT NULL) AS unreadable,
        (SELECT count(*) ${of} JOIN documents d ON d.collection_id = c.id JOIN chunks k ON k.document_id = d.id) AS chunks`,
    )
    .get({ owner });
  return stats ?? { collections: 0, sources: 0, documents: 0, unreadable: 0, chunks: 0 };
}

function documentRow(db: Db, owner: string, id: string): DocumentRow {
  const row = db
    .prepare<[string, string], DocumentRow>(`${selectDocuments} WHERE d.public_id = ? AND o.name = ?`)
    .get(id, owner);
  if (row) return row;
  throw new AppError("not_found", `there is no document ${id}; GET /v1/rag/documents lists yours`);
}

const selectDocuments = `
  SELECT d.id AS rowId, d.source_id AS sourceRow, s.kind, d.public_id AS id, c.name AS collection,
    s.public_id AS sourceId, d.path, d.title, d.format, d.size_bytes AS sizeBytes, d.content_sha256 AS sha256,
    d.date_ms AS dateMs, d.indexed_ms AS indexedMs, d.problem,
    (SELECT count(*) FROM chunks k WHERE k.document_id = d.id) AS chunks,
    (SELECT json_group_array(t.tag) FROM document_tags t WHERE t.document_id = d.id) AS tags
  FROM documents d JOIN sources s ON s.id = d.source_id
  JOIN collections c ON c.id = d.collection_id JOIN owners o ON o.id = c.owner_id`;

function view(row: DocumentRow): DocumentView {
  const tags: unknown = JSON.parse(row.tags);
  return {
    id: row.id,
    collection: row.collection,
    source_id: row.sourceId,
    path: row.path,
    title: row.title,
    format: row.format,
    size_bytes: row.sizeBytes,
    sha256: row.sha256,
    tags: Array.isArray(tags) ? tags.map(String) : [],
    date: isoTime(row.dateMs),
    indexed_at: isoTime(row.indexedMs),
    chunks: row.chunks,
    ...whenSet("problem", row.problem),
  };
}
