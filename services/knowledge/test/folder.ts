import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, onTestFinished } from "vitest";

import { collectionScope, ownerScope } from "../src/core/scope-token.ts";
import type { Db } from "../src/edge/store/open.ts";

/** A folder of the test's own, gone when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "benchai-knowledge-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder for all tests of a file, gone when they have run. */
export function lastingFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "benchai-knowledge-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Puts a few memories and documents, with all that hangs on them, into a database of the present schema. */
export function fill(db: Db, memories = 20): void {
  db.exec(`INSERT INTO owners (name) VALUES ('local');
    INSERT INTO collections (owner_id, name, created_ms) VALUES (1, 'notes', 0);
    INSERT INTO sources (public_id, collection_id, kind, spec, created_ms) VALUES ('s1', 1, 'text', '{}', 0);
    INSERT INTO documents (public_id, source_id, collection_id, path, title, format, content_sha256, size_bytes,
      mtime_ns, ctime_ns, inode, date_ms, indexed_ms) VALUES ('d1', 1, 1, 'a.md', 'A', 'markdown', 'h', 9, '', '', '', 0, 0);
    INSERT INTO chunks (document_id, ordinal, start_line, end_line, heading_path, text_sha256) VALUES (1, 0, 1, 2, '[]', 'h');
    INSERT INTO chunk_index (rowid, title, heading, body, parts, scope) VALUES (1, 'A', '', 'the quick brown fox', '', '${collectionScope(1)}');
    INSERT INTO embedding_models (fingerprint, dimensions, created_ms) VALUES ('m', 4, 0);
    INSERT INTO chunk_vectors (chunk_id, model_id, unit) VALUES (1, 1, x'0011223344');`);
  const memory = addMemory(db);
  db.transaction(() => {
    for (let i = 0; i < memories; i += 1) memory(`statement ${i}`);
  })();
}

/** A function that adds one memory to the owner 1. */
export function addMemory(db: Db): (content: string) => void {
  const row = db.prepare<[string, string, string]>(
    `INSERT INTO memories (public_id, owner_id, content, content_key, category, importance, created_ms, updated_ms, valid_from_ms)
     VALUES (?, 1, ?, ?, 'fact', 0.5, 0, 0, 0)`,
  );
  const index = db.prepare<[number | bigint, string]>(
    `INSERT INTO memory_index (rowid, content, parts, scope) VALUES (?, ?, '', '${ownerScope(1)}')`,
  );
  return db.transaction((content: string) => {
    index.run(row.run(content, content, content).lastInsertRowid, content);
  });
}

/** How many rows a table has. */
export function count(db: Db, table: string): number {
  return db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
}

/** Overwrites 256 bytes in the middle of every page from the second on, as a bad disk would. */
export function ruin(bytes: Buffer, pageBytes = 4_096): Buffer {
  for (let at = pageBytes * 2; at < bytes.length; at += pageBytes) bytes.fill(0x5a, at, at + 256);
  return bytes;
}
