import { AppError } from "@benchai/contract/errors";
import type { CollectionView } from "@benchai/contract/rag";

import { deleteFilesOfSource } from "./files.ts";
import type { Db } from "./open.ts";
import { ownerId } from "./owners.ts";
import { isoTime } from "./rows.ts";

/** Where documents go when nothing else is said; it comes into being with its first use. */
export const defaultCollection = "default";

/** What a deletion took out of the index: the matrix of vectors in memory has to forget the same chunks. */
export type Removed = { readonly removedChunkIds: readonly number[] };

type CollectionRow = {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly createdMs: number;
  readonly documents: number;
  readonly chunks: number;
  readonly unembedded: number;
};
type Named = { readonly owner: string; readonly name: string };

/** The owner's collections by name. `embeddingModelId` names the present model; without one, no chunk counts as embedded. */
export function listCollections(
  db: Db,
  { owner, embeddingModelId }: { readonly owner: string; readonly embeddingModelId?: number | undefined },
): CollectionView[] {
  return db
    .prepare<[number, string], CollectionRow>(`${selectCollections} WHERE o.name = ? ORDER BY c.name`)
    .all(embeddingModelId ?? 0, owner)
    .map(view);
}

/** One collection by name; 404 when the owner has none of this name. */
export function collection(
  db: Db,
  { owner, name, embeddingModelId }: Named & { readonly embeddingModelId?: number | undefined },
): CollectionView {
  const row = db
    .prepare<[number, string, string], CollectionRow>(`${selectCollections} WHERE o.name = ? AND c.name = ?`)
    .get(embeddingModelId ?? 0, owner, name);
  if (!row) throw unknownCollection(name);
  return view(row);
}

/** Makes a collection; 409 when the owner has one of this name. */
export function createCollection(
  db: Db,
  { owner, name, description, nowMs }: Named & { readonly description: string; readonly nowMs: number },
): CollectionView {
  return db.transaction(() => {
    if (idOf(db, { owner, name }) !== undefined)
      throw new AppError("conflict", `there is a collection ${JSON.stringify(name)} already`, {
        param: "name",
      });
    insert(db, { owner, name, description, nowMs });
    return collection(db, { owner, name });
  })();
}

/** Renames or describes a collection. Documents, index and vectors stay: they hang on its id. */
export function changeCollection(
  db: Db,
  change: Named & { readonly newName?: string | undefined; readonly description?: string | undefined },
): CollectionView {
  return db.transaction(() => {
    const { owner, name, newName = name, description } = change;
    const now = collection(db, { owner, name });
    if (newName !== name && idOf(db, { owner, name: newName }) !== undefined)
      throw new AppError("conflict", `there is a collection ${JSON.stringify(newName)} already`, {
        param: "name",
      });
    db.prepare("UPDATE collections SET name = ?, description = ? WHERE id = ?").run(
      newName,
      description ?? now.description,
      requireCollection(db, { owner, name }),
    );
    return collection(db, { owner, name: newName });
  })();
}

/** Deletes a collection with its sources, documents, index rows and vectors. Uploaded files stay until they are deleted. */
export function deleteCollection(db: Db, { owner, name }: Named): Removed {
  return db.transaction(() => {
    const id = requireCollection(db, { owner, name });
    const removedChunkIds = db
      .prepare<[number], number>(
        "SELECT k.id FROM chunks k JOIN documents d ON d.id = k.document_id WHERE d.collection_id = ?",
      )
      .pluck()
      .all(id);
    const sources = db
      .prepare<[number], number>("SELECT id FROM sources WHERE collection_id = ?")
      .pluck()
      .all(id);
    for (const sourceId of sources) deleteFilesOfSource(db, { sourceId });
    db.prepare("DELETE FROM collections WHERE id = ?").run(id);
    return { removedChunkIds };
  })();
}

/** The row id of the owner's collection; 404 when there is none. */
function requireCollection(db: Db, named: Named): number {
  const id = idOf(db, named);
  if (id === undefined) throw unknownCollection(named.name);
  return id;
}

/** The row id of the collection that something is put into, which is made when it is missing. */
export function collectionFor(db: Db, named: Named & { readonly nowMs: number }): number {
  return idOf(db, named) ?? insert(db, { ...named, description: "" });
}

function insert(
  db: Db,
  { owner, name, description, nowMs }: Named & { readonly description: string; readonly nowMs: number },
): number {
  return Number(
    db
      .prepare("INSERT INTO collections (owner_id, name, description, created_ms) VALUES (?, ?, ?, ?)")
      .run(ownerId(db, { name: owner }), name, description, nowMs).lastInsertRowid,
  );
}

function idOf(db: Db, { owner, name }: Named): number | undefined {
  return db
    .prepare<[string, string], number>(
      "SELECT c.id FROM collections c JOIN owners o ON o.id = c.owner_id WHERE o.name = ? AND c.name = ?",
    )
    .pluck()
    .get(owner, name);
}

function unknownCollection(name: string): AppError {
  return new AppError(
    "not_found",
    `there is no collection ${JSON.stringify(name)}; GET /v1/rag/collections lists yours, POST makes one`,
    { param: "collection" },
  );
}

const selectCollections = `
  SELECT c.id, c.name, c.description, c.created_ms AS createdMs,
    (SELECT count(*) FROM documents d WHERE d.collection_id = c.id) AS documents,
    (SELECT count(*) FROM chunks k JOIN documents d ON d.id = k.document_id WHERE d.collection_id = c.id) AS chunks,
    (SELECT count(*) FROM chunks k JOIN documents d ON d.id = k.document_id
       LEFT JOIN chunk_vectors v ON v.chunk_id = k.id AND v.model_id = ?
       WHERE d.collection_id = c.id AND v.chunk_id IS NULL) AS unembedded
  FROM collections c JOIN owners o ON o.id = c.owner_id`;

function view({
  name,
  description,
  createdMs,
  documents,
  chunks,
  unembedded,
}: CollectionRow): CollectionView {
  return { name, description, created_at: isoTime(createdMs), documents, chunks, unembedded };
}
