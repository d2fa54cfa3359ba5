import { hash } from "node:crypto";

import { AppError } from "@benchai/contract/errors";

import { planChunks, type StoredChunk } from "../../core/chunk-plan.ts";
import type { Chunk, DocumentContent } from "../../core/document.ts";
import type { Stamp } from "../../core/manifest.ts";
import { indexParts } from "../../core/parts.ts";
import { replaceNote } from "./commit-note.ts";
import type { Removed } from "./collections.ts";
import { type CommitStatements, commitStatements, type StoredDocument } from "./commit-statements.ts";
import { ownedFilePurpose } from "./files.ts";
import { IndexRows } from "./index-rows.ts";
import type { Db } from "./open.ts";
import { publicId } from "./rows.ts";
import { collectionScope } from "../../core/scope-token.ts";

/** One document as it is to be from now on. */
export type DocumentCommit = {
  readonly path: string;
  readonly stamp: Stamp;
  /** Of the file's bytes; empty when they were not read. */
  readonly sha256: string;
  /** The file's last change, which stands in when the document has no date of its own. */
  readonly changedMs: number;
  /** The row that this replaces, also under another path; absent: the row with this path, or a new one. */
  readonly documentId?: number;
  /** What was read, or why nothing could be. */
  readonly outcome: DocumentContent | { readonly problem: string };
};

type TouchedDocument = { readonly documentId: number; readonly stamp: Stamp };

/** What one transaction does to a source. */
export type SourceChange = {
  readonly sourceId: number;
  readonly nowMs: number;
  readonly documents: readonly DocumentCommit[];
  /** Same bytes, other stamp. */
  readonly touched?: readonly TouchedDocument[];
  readonly removedIds?: readonly number[];
};

/**
 * Applies a change whole or not at all. Of an edited or renamed document the chunks that are the same keep their row,
 * id and vector; the others are deleted and inserted.
 */
export function commitDocuments(db: Db, change: SourceChange): Removed {
  const { sourceId, nowMs, documents, touched = [], removedIds = [] } = change;
  const sql = commitStatements(db);
  return db.transaction(() => {
    const collectionId = sql.collectionOfSource.get(sourceId);
    if (collectionId === undefined)
      throw new AppError("not_found", "the source was deleted while it was indexed");
    const rows = new IndexRows(sql);
    const place = { sourceId, collectionId, nowMs, rows };
    const removedChunkIds = removedIds.flatMap((id) => removeDocument(db, sourceId, id));
    for (const { documentId, stamp } of touched) sql.touchDocument.run({ ...stamp, documentId, sourceId });
    for (const document of documents) removedChunkIds.push(...commitDocument(sql, place, document));
    rows.write();
    return { removedChunkIds };
  })();
}

/** Deletes a document of this source, its index rows, vectors and kept bytes with it, and tells its chunks. */
export function removeDocument(db: Db, sourceId: number, documentId: number): number[] {
  const sql = commitStatements(db);
  const document = sql.documentById.get(sourceId, documentId);
  if (!document) return [];
  const removed = sql.chunksOf.all(documentId);
  sql.deleteOwnedFile.run(document.inode, ownedFilePurpose);
  sql.deleteDocument.run(documentId, sourceId);
  return removed.map((chunk) => chunk.id);
}

type Place = {
  readonly sourceId: number;
  readonly collectionId: number;
  readonly nowMs: number;
  readonly rows: IndexRows;
};

function commitDocument(sql: CommitStatements, place: Place, commit: DocumentCommit): readonly number[] {
  const { outcome, path, sha256, stamp } = commit;
  const content = "problem" in outcome ? nothing(outcome.problem, path) : { ...outcome, problem: null };
  const before = storedDocument(sql, place.sourceId, commit);
  const { title, format, problem, tags, chunks, dateMs = commit.changedMs } = content;
  const properties = JSON.stringify(content.properties);
  const { nowMs } = place;
  const row = { path, title, format, sha256, ...stamp, dateMs, properties, nowMs, problem };
  const documentId = before ? updateDocument(sql, before.id, row) : insertDocument(sql, place, row);
  for (const tag of new Set(tags)) sql.insertTag.run(documentId, tag);
  // Of a document that was handed over, `inode` is its file: another text has another one.
  if (before && before.inode !== stamp.inode) sql.deleteOwnedFile.run(before.inode, ownedFilePurpose);
  const hasNewAliases = replaceNote(sql, documentId, content.note);
  const isRetitled = before !== undefined && (before.title !== title || hasNewAliases);
  const scope = collectionScope(place.collectionId);
  // A note is found by its other names as by its own.
  const indexTitle = [title, ...(content.note?.aliases ?? [])].join(" ");
  const { rows } = place;
  rows.settle(documentId);
  return replaceChunks(sql, { documentId, title: indexTitle, isRetitled, scope, rows }, chunks);
}

/** A document that could not be read is listed by its path. */
function nothing(problem: string, title: string) {
  const none = { tags: [], dateMs: undefined, properties: {}, chunks: [], note: undefined };
  return { problem, title, format: "", ...none };
}

function storedDocument(
  sql: CommitStatements,
  sourceId: number,
  { path, documentId }: DocumentCommit,
): StoredDocument | undefined {
  const named = documentId === undefined ? undefined : sql.documentById.get(sourceId, documentId);
  return named ?? sql.documentAt.get(sourceId, path);
}

function updateDocument(sql: CommitStatements, documentId: number, row: object): number {
  sql.updateDocument.run({ ...row, documentId });
  sql.deleteTags.run(documentId);
  return documentId;
}

function insertDocument(sql: CommitStatements, { sourceId, collectionId }: Place, row: object): number {
  const { lastInsertRowid } = sql.insertDocument.run({
    ...row,
    publicId: publicId("doc"),
    sourceId,
    collectionId,
  });
  return Number(lastInsertRowid);
}

type Target = {
  readonly documentId: number;
  readonly title: string;
  readonly isRetitled: boolean;
  readonly scope: string;
  readonly rows: IndexRows;
};

function replaceChunks(sql: CommitStatements, target: Target, chunks: readonly Chunk[]): readonly number[] {
  const { documentId } = target;
  const stored = sql.chunksOf.all(documentId);
  const headings = chunks.map(({ headingPath }) => JSON.stringify(headingPath));
  const sha256s = chunks.map(({ text }, i) => chunkSha256(headings[i] ?? "", text));
  const { kept, removed } = planChunks(stored, sha256s);
  for (const { id } of removed) sql.deleteChunk.run(id);
  // Rows that get a number wait below zero while others may hold it: a document has each ordinal once.
  const isParking = stored.length > 0;
  for (const [ordinal, chunk] of chunks.entries()) {
    const place = { ...chunk, ordinal: isParking ? -1 - ordinal : ordinal };
    const known = kept[ordinal];
    if (known) keepChunk(sql, target, known, place);
    else insertChunk(sql, target, place, headings[ordinal] ?? "", sha256s[ordinal] ?? "");
  }
  if (isParking) sql.unparkChunks.run(documentId);
  return removed.map((c) => c.id);
}

type PlacedChunk = Chunk & { readonly ordinal: number };

function keepChunk(sql: CommitStatements, target: Target, { id }: StoredChunk, chunk: PlacedChunk): void {
  sql.moveChunk.run({ id, ...linesOf(chunk) });
  if (target.isRetitled) sql.retitleText.run(target.title, id);
}

/** `headings` is the chunk's heading path as JSON. */
function insertChunk(
  sql: CommitStatements,
  target: Target,
  chunk: PlacedChunk,
  headings: string,
  sha256: string,
): void {
  const { documentId, title, scope, rows } = target;
  const { headingPath, text } = chunk;
  const { ordinal, startLine, endLine, startColumn, endColumn } = linesOf(chunk);
  const { lastInsertRowid } = sql.insertChunk.run(
    documentId,
    ordinal,
    startLine,
    endLine,
    startColumn,
    endColumn,
    headings,
    sha256,
  );
  const row = {
    chunkId: lastInsertRowid,
    title,
    headings: headingPath.join(" "),
    text,
    parts: indexParts(text),
    scope,
  };
  rows.add(documentId, row);
}

function linesOf({ ordinal, startLine, endLine, startColumn, endColumn }: PlacedChunk) {
  return { ordinal, startLine, endLine, startColumn: startColumn ?? null, endColumn: endColumn ?? null };
}

/** Covers what is embedded: where the chunk stands and what it says. */
function chunkSha256(headings: string, text: string): string {
  return hash("sha256", `${headings}\n${text}`);
}
