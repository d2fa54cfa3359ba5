import { join } from "node:path";

import { expect, test } from "vitest";

import { count, temporaryFolder } from "../../../test/folder.ts";
import type { Chunk } from "../../core/document.ts";
import { commitDocuments, type DocumentCommit } from "./commit.ts";
import { type Db, openWriter } from "./open.ts";

const nothingElse = { tags: ["a"], dateMs: undefined, properties: {} };

function storeWithSource(): Db {
  const db = openWriter(join(temporaryFolder(), "knowledge.db"));
  db.exec(`INSERT INTO owners (name) VALUES ('local');
    INSERT INTO collections (owner_id, name, created_ms) VALUES (1, 'notes', 0);
    INSERT INTO sources (public_id, collection_id, kind, spec, created_ms) VALUES ('s1', 1, 'folder', '{}', 0);`);
  return db;
}

function documentAt(path: string, texts: readonly string[], title = path): DocumentCommit {
  const chunks: Chunk[] = texts.map((text, i) => ({
    startLine: i + 1,
    endLine: i + 1,
    headingPath: ["H"],
    text,
  }));
  const stamp = { sizeBytes: 1, mtimeNs: "1", ctimeNs: "1", inode: path };
  const outcome = { ...nothingElse, format: "markdown", title, chunks } as const;
  return { path, stamp, sha256: texts.join(), changedMs: 0, outcome };
}

const commit = (db: Db, documents: readonly DocumentCommit[]) =>
  commitDocuments(db, { sourceId: 1, nowMs: 0, documents });

/** Rows that the index finds for a word. */
const found = (db: Db, word: string): number =>
  db
    .prepare<[string], number>("SELECT count(*) FROM chunk_index WHERE chunk_index MATCH ?")
    .pluck()
    .get(word) ?? 0;

test("a megabyte of documents is one segment of the full-text index", () => {
  const db = storeWithSource();
  const wordsOf = (document: number) =>
    Array.from({ length: 1_000 }, (_, i) => `word${document * 1_000 + i}`);
  commit(
    db,
    Array.from({ length: 25 }, (_, i) =>
      documentAt(`${i}.md`, [`apple ${wordsOf(i).join(" ")}`, `pear ${i}`]),
    ),
  );
  expect(db.prepare("SELECT count(DISTINCT segid) FROM chunk_index_idx").pluck().get()).toBe(1);
  expect([found(db, "apple"), count(db, "chunks"), count(db, "chunk_index")]).toEqual([25, 50, 50]);
});

test("a document that comes twice in a change is there once, as it came last", () => {
  const db = storeWithSource();
  const first = documentAt("a.md", ["apple", "plum"]);
  commit(db, [first, documentAt("b.md", ["cherry"]), documentAt("a.md", ["pear", "plum"], "Other")]);
  expect(["apple", "pear", "plum", "cherry", "other"].map((word) => found(db, word))).toEqual([
    0, 1, 1, 1, 2,
  ]);
  expect([count(db, "documents"), count(db, "chunks"), count(db, "chunk_index")]).toEqual([2, 3, 3]);
  expect(
    db.prepare("SELECT count(*) FROM chunk_index WHERE rowid NOT IN (SELECT id FROM chunks)").pluck().get(),
  ).toBe(0);
});
