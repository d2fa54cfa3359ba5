import { AppError } from "@benchai/contract/errors";
import type { FolderSpec, SourceView } from "@benchai/contract/rag";

import { collectionFor, type Removed } from "./collections.ts";
import { deleteFilesOfSource } from "./files.ts";
import type { Db } from "./open.ts";
import { isoTime, jsonObject, publicId, whenSet } from "./rows.ts";

/** A folder as it is indexed. `dropped`: paths whose documents the owner deleted, so that they do not come back. */
export type FolderSource = FolderSpec & { readonly dropped?: readonly string[] };

export type SourceKind = SourceView["kind"];

/** A source with what indexing needs to know of it. */
export type Source = {
  readonly id: number;
  readonly publicId: string;
  readonly owner: string;
  readonly collection: string;
  readonly kind: SourceKind;
  /** Only of folders, and of the vault, where it is the whole of it. */
  readonly folder: FolderSource | undefined;
};

type SourceRow = {
  readonly id: number;
  readonly publicId: string;
  readonly owner: string;
  readonly collection: string;
  readonly kind: SourceKind;
  readonly spec: string;
  readonly createdMs: number;
  readonly indexedMs: number | null;
  readonly problem: string | null;
  readonly documents: number;
};
type Place = { readonly owner: string; readonly collection: string; readonly nowMs: number };

/** The source of this folder in this collection, made or brought to these rules; what the owner dropped stays dropped. */
export function folderSource(db: Db, { folder, ...place }: Place & { readonly folder: FolderSpec }): Source {
  return db.transaction(() => {
    const collectionId = collectionFor(db, { ...place, name: place.collection });
    const known = db
      .prepare<[number, string], { id: number; spec: string }>(
        "SELECT id, spec FROM sources WHERE collection_id = ? AND kind = 'folder' AND spec ->> 'path' = ?",
      )
      .get(collectionId, folder.path);
    if (!known) return requireSource(db, insert(db, collectionId, "folder", folder, place.nowMs));
    const spec = { ...folder, ...whenSet("dropped", folderOf(known.spec).dropped ?? null) };
    db.prepare("UPDATE sources SET spec = ? WHERE id = ?").run(JSON.stringify(spec), known.id);
    return requireSource(db, known.id);
  })();
}

/** The source of an owner's vault, made when there is none; it stays in the collection that it was made in. */
export function vaultSource(db: Db, place: Place): Source {
  return db.transaction(() => {
    const known = db
      .prepare<[string], number>(
        `SELECT s.id FROM sources s JOIN collections c ON c.id = s.collection_id JOIN owners o ON o.id = c.owner_id
         WHERE s.kind = 'vault' AND o.name = ?`,
      )
      .pluck()
      .get(place.owner);
    if (known !== undefined) return requireSource(db, known);
    const collectionId = collectionFor(db, { ...place, name: place.collection });
    return requireSource(db, insert(db, collectionId, "vault", { path: "" }, place.nowMs));
  })();
}

/** The one source of uploads, or of pasted text, that a collection has. */
export function handedSource(
  db: Db,
  { kind, ...place }: Place & { readonly kind: "upload" | "text" },
): Source {
  return db.transaction(() => {
    const collectionId = collectionFor(db, { ...place, name: place.collection });
    const known = db
      .prepare<[number, string], number>("SELECT id FROM sources WHERE collection_id = ? AND kind = ?")
      .pluck()
      .get(collectionId, kind);
    return requireSource(db, known ?? insert(db, collectionId, kind, {}, place.nowMs));
  })();
}

/** A source by its row id; undefined when it was deleted. */
export function sourceById(db: Db, { sourceId }: { readonly sourceId: number }): Source | undefined {
  const row = db.prepare<[number], SourceRow>(`${selectSources} WHERE s.id = ?`).get(sourceId);
  return row && source(row);
}

/** Every folder of every owner, vaults among them: what is watched. */
export function folderSources(db: Db): Source[] {
  return db
    .prepare<[], SourceRow>(`${selectSources} WHERE s.kind IN ('folder', 'vault') ORDER BY s.id`)
    .all()
    .map(source);
}

/** The owner's sources, of one collection or of all. */
export function listSources(
  db: Db,
  { owner, collection }: { readonly owner: string; readonly collection?: string | undefined },
): SourceView[] {
  return db
    .prepare<[string, string | null, string | null], SourceRow>(
      `${selectSources} WHERE o.name = ? AND (? IS NULL OR c.name = ?) ORDER BY s.id`,
    )
    .all(owner, collection ?? null, collection ?? null)
    .map(view);
}

/** Deletes a source with its documents; a folder's files stay where they are. */
export function deleteSource(
  db: Db,
  { owner, id }: { readonly owner: string; readonly id: string },
): Removed {
  return db.transaction(() => {
    const row = rowOf(db, owner, id);
    const removedChunkIds = db
      .prepare<[number], number>(
        "SELECT k.id FROM chunks k JOIN documents d ON d.id = k.document_id WHERE d.source_id = ?",
      )
      .pluck()
      .all(row.id);
    deleteFilesOfSource(db, { sourceId: row.id });
    db.prepare("DELETE FROM sources WHERE id = ?").run(row.id);
    return { removedChunkIds };
  })();
}

/** Writes down that a source was looked through, or what kept it from being. */
export function markSource(
  db: Db,
  { sourceId, problem, nowMs }: { sourceId: number; problem: string | undefined; nowMs: number },
): void {
  const sql =
    problem === undefined
      ? "UPDATE sources SET problem = NULL, indexed_ms = :nowMs WHERE id = :sourceId"
      : "UPDATE sources SET problem = :problem WHERE id = :sourceId AND problem IS NOT :problem";
  db.prepare(sql).run(problem === undefined ? { sourceId, nowMs } : { sourceId, problem });
}

/** Keeps a folder's path out from now on, since the owner deleted its document. */
export function dropPath(db: Db, { sourceId, path }: { sourceId: number; path: string }): void {
  const spec = db.prepare<[number], string>("SELECT spec FROM sources WHERE id = ?").pluck().get(sourceId);
  if (spec === undefined) return;
  const folder = folderOf(spec);
  const dropped = [...new Set([...(folder.dropped ?? []), path])];
  db.prepare("UPDATE sources SET spec = ? WHERE id = ?").run(
    JSON.stringify({ ...folder, dropped }),
    sourceId,
  );
}

function insert(db: Db, collectionId: number, kind: SourceKind, spec: object, nowMs: number): number {
  return Number(
    db
      .prepare(
        "INSERT INTO sources (public_id, collection_id, kind, spec, created_ms) VALUES (?, ?, ?, ?, ?)",
      )
      .run(publicId("src"), collectionId, kind, JSON.stringify(spec), nowMs).lastInsertRowid,
  );
}

function requireSource(db: Db, sourceId: number): Source {
  const found = sourceById(db, { sourceId });
  if (!found) throw new AppError("not_found", `source ${sourceId} was deleted`);
  return found;
}

function rowOf(db: Db, owner: string, id: string): SourceRow {
  const row = db
    .prepare<[string, string], SourceRow>(`${selectSources} WHERE s.public_id = ? AND o.name = ?`)
    .get(id, owner);
  if (row) return row;
  throw new AppError("not_found", `there is no source ${id}; GET /v1/rag/sources lists yours`);
}

const selectSources = `
  SELECT s.id, s.public_id AS publicId, o.name AS owner, c.name AS collection, s.kind, s.spec,
    s.created_ms AS createdMs, s.indexed_ms AS indexedMs, s.problem,
    (SELECT count(*) FROM documents d WHERE d.source_id = s.id) AS documents
  FROM sources s JOIN collections c ON c.id = s.collection_id JOIN owners o ON o.id = c.owner_id`;

function source({ id, publicId: shown, owner, collection, kind, spec }: SourceRow): Source {
  const folder = kind === "folder" || kind === "vault" ? folderOf(spec) : undefined;
  return { id, publicId: shown, owner, collection, kind, folder };
}

function view(row: SourceRow): SourceView {
  return {
    id: row.publicId,
    collection: row.collection,
    kind: row.kind,
    spec: jsonObject(row.spec),
    created_at: isoTime(row.createdMs),
    indexed_at: row.indexedMs === null ? null : isoTime(row.indexedMs),
    documents: row.documents,
    ...whenSet("problem", row.problem),
  };
}

/** Only this module writes the column. */
function folderOf(spec: string): FolderSource {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(spec) as FolderSource;
}
