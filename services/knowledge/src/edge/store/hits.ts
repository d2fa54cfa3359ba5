import { AppError } from "@benchai/contract/errors";
import type { Citation } from "@benchai/contract/rag";

import type { Db } from "./open.ts";

/** Which collections of which owner a search may see. */
export type SearchScope = { readonly ownerId: number; readonly collectionIds: readonly number[] };

/** The collections an owner means by these names, all of them when there are none; 404 for a name the owner does not have. */
export function searchScope(
  db: Db,
  { owner, collections }: { readonly owner: string; readonly collections?: readonly string[] | undefined },
): SearchScope {
  const rows = db
    .prepare<[string], { id: number; name: string; ownerId: number }>(
      `SELECT c.id, c.name, c.owner_id AS ownerId FROM collections c JOIN owners o ON o.id = c.owner_id WHERE o.name = ?`,
    )
    .all(owner);
  const wanted = collections?.length ? collections : rows.map((r) => r.name);
  const ids = wanted.map((name) => {
    const row = rows.find((r) => r.name === name);
    if (row) return row.id;
    throw new AppError(
      "not_found",
      `there is no collection ${JSON.stringify(name)}; GET /v1/rag/collections lists yours`,
      { param: "collections" },
    );
  });
  return { ownerId: rows[0]?.ownerId ?? 0, collectionIds: [...new Set(ids)] };
}

/** A chunk as a search shows it; `context` is the text of its neighbours in the document. */
export type StoredHit = {
  readonly chunkId: number;
  readonly content: string;
  readonly citation: Citation;
  readonly context?: { readonly before: string; readonly after: string };
};

type HitRow = {
  readonly chunkId: number;
  readonly documentRow: number;
  readonly ordinal: number;
  readonly content: string;
  readonly collectionId: number;
  readonly collection: string;
  readonly documentId: string;
  readonly path: string;
  readonly title: string;
  readonly headingPath: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly startColumn: number | null;
  readonly endColumn: number | null;
  readonly sha256: string;
};

/**
 * Chunks by their ids, in the ids' order. The scope is checked once more, here where text leaves the store: what a leg
 * found and has since been deleted, or would belong to somebody else, is left out (SECURITY E3).
 */
export function storedHits(
  db: Db,
  {
    scope,
    chunkIds,
    neighbours,
  }: {
    readonly scope: SearchScope;
    readonly chunkIds: readonly number[];
    readonly neighbours: number;
  },
): readonly StoredHit[] {
  const find = db.prepare<[number, number], HitRow>(hitSql);
  const allowed = new Set(scope.collectionIds);
  return chunkIds.flatMap((id) => {
    const row = find.get(id, scope.ownerId);
    if (!row || !allowed.has(row.collectionId)) return [];
    return [
      { chunkId: id, content: row.content, citation: citationOf(row), ...contextOf(db, row, neighbours) },
    ];
  });
}

const hitSql = `
  SELECT k.id AS chunkId, k.document_id AS documentRow, k.ordinal, i.body AS content,
    c.id AS collectionId, c.name AS collection,
    d.public_id AS documentId, d.path, d.title, k.heading_path AS headingPath, k.start_line AS startLine,
    k.end_line AS endLine, k.start_column AS startColumn, k.end_column AS endColumn, d.content_sha256 AS sha256
  FROM chunks k
  JOIN chunk_index i ON i.rowid = k.id
  JOIN documents d ON d.id = k.document_id
  JOIN collections c ON c.id = d.collection_id
  WHERE k.id = ? AND c.owner_id = ?`;

function citationOf(row: HitRow): Citation {
  const { startColumn, endColumn } = row;
  const columns =
    startColumn === null || endColumn === null ? {} : { start_column: startColumn, end_column: endColumn };
  return {
    reference: reference(row),
    collection: row.collection,
    document_id: row.documentId,
    path: row.path,
    title: row.title,
    heading_path: headingsOf(row.headingPath),
    start_line: row.startLine,
    end_line: row.endLine,
    ...columns,
    sha256: row.sha256,
  };
}

/** `path#L3-L9`, or with columns `path#L3C1-L3C80`, as editors and forges write it. */
function reference({ path, startLine, endLine, startColumn, endColumn }: HitRow): string {
  const column = (n: number | null) => (n === null ? "" : `C${n}`);
  return `${path}#L${startLine}${column(startColumn)}-L${endLine}${column(endColumn)}`;
}

function headingsOf(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map(String) : [];
}

function contextOf(db: Db, row: HitRow, neighbours: number): Pick<StoredHit, "context"> {
  if (neighbours === 0) return {};
  const around = db
    .prepare<[number, number, number], { ordinal: number; body: string }>(
      `SELECT k.ordinal, i.body FROM chunks k JOIN chunk_index i ON i.rowid = k.id
       WHERE k.document_id = ? AND k.ordinal BETWEEN ? AND ? ORDER BY k.ordinal`,
    )
    .all(row.documentRow, row.ordinal - neighbours, row.ordinal + neighbours);
  const text = (side: (ordinal: number) => boolean) =>
    around
      .filter((n) => side(n.ordinal))
      .map((n) => n.body)
      .join("\n");
  return { context: { before: text((o) => o < row.ordinal), after: text((o) => o > row.ordinal) } };
}
