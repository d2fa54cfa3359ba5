import { AppError } from "@benchai/contract/errors";

import { isUnit } from "../../core/unit-vector.ts";
import type { Db } from "./open.ts";

/** A chunk's vector with what a search narrows by. */
export type StoredVector = {
  readonly chunkId: number;
  readonly documentId: number;
  readonly collectionId: number;
  readonly unit: Float32Array;
};

/** A chunk that waits for its vector. The hash goes back with the vector, which is refused when the text has changed. */
export type UnembeddedChunk = {
  readonly chunkId: number;
  readonly title: string;
  readonly headingPath: readonly string[];
  readonly text: string;
  readonly textSha256: string;
};

export type NewVector = {
  readonly chunkId: number;
  readonly textSha256: string;
  readonly unit: Float32Array;
};

/** The row id of an embedding model, which is entered when it is new. */
export function embeddingModel(
  db: Db,
  {
    fingerprint,
    dimensions,
    nowMs,
  }: { readonly fingerprint: string; readonly dimensions: number; readonly nowMs: number },
): number {
  db.prepare(
    "INSERT OR IGNORE INTO embedding_models(fingerprint, dimensions, created_ms) VALUES (?, ?, ?)",
  ).run(fingerprint, dimensions, nowMs);
  const row = db
    .prepare<[string], { id: number; dimensions: number }>(
      "SELECT id, dimensions FROM embedding_models WHERE fingerprint = ?",
    )
    .get(fingerprint);
  if (row?.dimensions === dimensions) return row.id;
  throw new AppError(
    "embedder_unavailable",
    `the embedding model ${fingerprint} has ${dimensions} dimensions now and had ${row?.dimensions} before; name it differently`,
  );
}

/** The row id of a model that has been entered; undefined for one that is not known. */
export function embeddingModelId(
  db: Db,
  { fingerprint }: { readonly fingerprint: string },
): number | undefined {
  return db
    .prepare<[string], number>("SELECT id FROM embedding_models WHERE fingerprint = ?")
    .pluck()
    .get(fingerprint);
}

/**
 * Stores vectors in one transaction and answers with those that were: a chunk that has gone or whose text is another
 * one by now is passed over. A vector of another model is replaced.
 */
export function putVectors(
  db: Db,
  { modelId, vectors }: { readonly modelId: number; readonly vectors: readonly NewVector[] },
): readonly StoredVector[] {
  const find = db.prepare<[number, string], Omit<StoredVector, "unit">>(
    `SELECT k.id AS chunkId, d.id AS documentId, d.collection_id AS collectionId
     FROM chunks k JOIN documents d ON d.id = k.document_id WHERE k.id = ? AND k.text_sha256 = ?`,
  );
  const put = db.prepare(
    `INSERT INTO chunk_vectors(chunk_id, model_id, unit) VALUES (?, ?, ?)
     ON CONFLICT(chunk_id) DO UPDATE SET model_id = excluded.model_id, unit = excluded.unit`,
  );
  const dimensions = dimensionsOf(db, modelId);
  return db.transaction(() =>
    vectors.flatMap(({ chunkId, textSha256, unit }) => {
      if (unit.length !== dimensions || !isUnit(unit))
        throw new Error(`chunk ${chunkId}: not a unit vector of ${dimensions} dimensions`);
      const row = find.get(chunkId, textSha256);
      if (!row) return [];
      put.run(chunkId, modelId, Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength));
      return [{ ...row, unit }];
    }),
  )();
}

/** Vectors of a model in the order of their chunks, `limit` at a time; go on after the last chunk's id. */
export function vectorsAfter(
  db: Db,
  { modelId, after, limit }: { readonly modelId: number; readonly after: number; readonly limit: number },
): readonly StoredVector[] {
  return db
    .prepare<[number, number, number], Omit<StoredVector, "unit"> & { unit: Buffer }>(
      `SELECT v.chunk_id AS chunkId, d.id AS documentId, d.collection_id AS collectionId, v.unit
       FROM chunk_vectors v JOIN chunks k ON k.id = v.chunk_id JOIN documents d ON d.id = k.document_id
       WHERE v.chunk_id > ? AND v.model_id = ? ORDER BY v.chunk_id LIMIT ?`,
    )
    .all(after, modelId, limit)
    .map((row) => ({ ...row, unit: floats(row.unit) }));
}

/** The stored vectors of some chunks; those that have none of this model are left out. */
export function unitVectors(
  db: Db,
  { modelId, chunkIds }: { readonly modelId: number; readonly chunkIds: readonly number[] },
): readonly { readonly chunkId: number; readonly unit: Float32Array }[] {
  const find = db
    .prepare<[number, number], Buffer>("SELECT unit FROM chunk_vectors WHERE chunk_id = ? AND model_id = ?")
    .pluck();
  return chunkIds.flatMap((chunkId) => {
    const unit = find.get(chunkId, modelId);
    return unit ? [{ chunkId, unit: floats(unit) }] : [];
  });
}

/** Forgets a model and all its vectors. */
export function deleteEmbeddingModel(db: Db, { modelId }: { readonly modelId: number }): void {
  db.transaction(() => {
    db.prepare("DELETE FROM chunk_vectors WHERE model_id = ?").run(modelId);
    db.prepare("DELETE FROM memory_vectors WHERE model_id = ?").run(modelId);
    db.prepare("DELETE FROM embedding_models WHERE id = ?").run(modelId);
  })();
}

/** Chunks without a vector of this model, in order of id, after a given one. */
export function unembeddedChunks(
  db: Db,
  {
    modelId,
    after = 0,
    limit,
  }: { readonly modelId: number; readonly after?: number; readonly limit: number },
): readonly UnembeddedChunk[] {
  return db
    .prepare<[number, number, number], Omit<UnembeddedChunk, "headingPath"> & { headingPath: string }>(
      `SELECT k.id AS chunkId, d.title, k.heading_path AS headingPath, i.body AS text, k.text_sha256 AS textSha256
       FROM chunks k JOIN documents d ON d.id = k.document_id JOIN chunk_index i ON i.rowid = k.id
       LEFT JOIN chunk_vectors v ON v.chunk_id = k.id AND v.model_id = ?
       WHERE k.id > ? AND v.chunk_id IS NULL ORDER BY k.id LIMIT ?`,
    )
    .all(modelId, after, limit)
    .map((row) => ({ ...row, headingPath: strings(row.headingPath) }));
}

function dimensionsOf(db: Db, modelId: number): number | undefined {
  return db
    .prepare<[number], { dimensions: number }>("SELECT dimensions FROM embedding_models WHERE id = ?")
    .get(modelId)?.dimensions;
}

/** The blob itself, or a copy of one that lies at an address that floats cannot. */
function floats(blob: Buffer): Float32Array {
  const { buffer, byteOffset, byteLength } = blob.byteOffset % 4 === 0 ? blob : new Uint8Array(blob);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

function strings(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map(String) : [];
}
