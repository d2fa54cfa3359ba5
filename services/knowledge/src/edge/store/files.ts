import { createHash } from "node:crypto";

import { AppError } from "@benchai/contract/errors";

import type { Db } from "./open.ts";
import { ownerId } from "./owners.ts";
import { publicId } from "./rows.ts";

/** The purpose of bytes that are kept for one document: its owner never asked for a file, and it goes with the document. */
export const ownedFilePurpose = "document";

/** A file as OpenAI's API shows it ("Files", the file object); times in seconds. */
export type FileView = {
  readonly id: string;
  readonly object: "file";
  readonly bytes: number;
  readonly created_at: number;
  readonly filename: string;
  readonly purpose: string;
  readonly status: "processed";
};

/** A file with its content. */
export type StoredFile = {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly createdMs: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
};

type FileRow = {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly sizeBytes: number;
  readonly createdMs: number;
};
type Named = { readonly owner: string; readonly id: string };

/** Keeps uploaded bytes; they are on the disk when this returns. */
export function createFile(
  db: Db,
  file: {
    readonly owner: string;
    readonly name: string;
    readonly purpose: string;
    readonly bytes: Uint8Array;
    readonly nowMs: number;
  },
): FileView {
  const { owner, name, purpose, bytes, nowMs } = file;
  return db.transaction(() => {
    const id = publicId("file");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    db.prepare(
      `INSERT INTO files (public_id, owner_id, name, purpose, sha256, size_bytes, created_ms, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(id, ownerId(db, { name: owner }), name, purpose, sha256, bytes.length, nowMs, bytes);
    return view({ id, name, purpose, sizeBytes: bytes.length, createdMs: nowMs });
  })();
}

/** The owner's files in the order they came, of one purpose or of all. Bytes kept for a document are not among them. */
export function listFiles(
  db: Db,
  { owner, purpose }: { readonly owner: string; readonly purpose?: string | undefined },
): FileView[] {
  return db
    .prepare<unknown[], FileRow>(
      `${selectFiles} WHERE o.name = ? AND f.purpose <> ? AND (? IS NULL OR f.purpose = ?) ORDER BY f.id`,
    )
    .all(owner, ownedFilePurpose, purpose ?? null, purpose ?? null)
    .map(view);
}

/** One file of the owner; 404 when there is none. */
export function fileById(db: Db, named: Named): FileView {
  const row = db
    .prepare<[string, string], FileRow>(`${selectFiles} WHERE f.public_id = ? AND o.name = ?`)
    .get(named.id, named.owner);
  if (!row) throw unknownFile(named.id);
  return view(row);
}

/** A file of the owner with its bytes; 404 when there is none. */
export function fileContent(db: Db, { owner, id }: Named): StoredFile {
  const row = db
    .prepare<[string, string], StoredFile>(
      `SELECT f.public_id AS id, f.name, f.sha256, f.created_ms AS createdMs, f.bytes
       FROM files f JOIN owners o ON o.id = f.owner_id WHERE f.public_id = ? AND o.name = ?`,
    )
    .get(id, owner);
  if (!row) throw unknownFile(id);
  return row;
}

/** Deletes a file's bytes. Documents that were made of it stay: they are deleted by themselves. */
export function deleteFile(db: Db, { owner, id }: Named): void {
  const { changes } = db
    .prepare("DELETE FROM files WHERE public_id = ? AND owner_id = (SELECT id FROM owners WHERE name = ?)")
    .run(id, owner);
  if (changes === 0) throw unknownFile(id);
}

/** Deletes the bytes that were kept for the documents of a source, and for those that its jobs were to make. */
export function deleteFilesOfSource(db: Db, { sourceId }: { readonly sourceId: number }): void {
  db.prepare(
    `DELETE FROM files WHERE purpose = :purpose AND public_id IN (
       SELECT inode FROM documents WHERE source_id = :sourceId
       UNION SELECT payload ->> 'file_id' FROM jobs WHERE payload ->> 'source_id' = :sourceId)`,
  ).run({ purpose: ownedFilePurpose, sourceId });
}

/**
 * At start: deletes bytes that were kept for a document which never came to be, as the service ended between the two.
 * Not while requests are served: a file is written just before its job. What a job needs, or would when retried, stays.
 */
export function sweepOwnedFiles(db: Db): void {
  db.prepare(
    `DELETE FROM files WHERE purpose = ? AND public_id NOT IN (SELECT inode FROM documents)
     AND public_id NOT IN (
       SELECT j.payload ->> 'file_id' FROM jobs j JOIN sources s ON s.id = j.payload ->> 'source_id'
       WHERE j.state <> 'done' AND j.payload ->> 'file_id' IS NOT NULL)`,
  ).run(ownedFilePurpose);
}

function unknownFile(id: string): AppError {
  return new AppError("not_found", `there is no file ${id}; GET /v1/files lists yours`);
}

const selectFiles = `
  SELECT f.public_id AS id, f.name, f.purpose, f.size_bytes AS sizeBytes, f.created_ms AS createdMs
  FROM files f JOIN owners o ON o.id = f.owner_id`;

function view({ id, name, purpose, sizeBytes, createdMs }: FileRow): FileView {
  return {
    id,
    object: "file",
    bytes: sizeBytes,
    created_at: Math.floor(createdMs / 1_000),
    filename: name,
    purpose,
    status: "processed",
  };
}
