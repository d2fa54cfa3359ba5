import { indexParts } from "../src/core/parts.ts";
import type { Db } from "../src/edge/store/open.ts";
import type { SearchScope } from "../src/edge/store/hits.ts";
import { collectionScope } from "../src/core/scope-token.ts";

export type PlainDocument = {
  readonly title?: string;
  readonly text: string;
  readonly path?: string;
  readonly tags?: readonly string[];
  readonly dateMs?: number;
};

/**
 * An owner's collection whose documents are one chunk each, in the real schema: for tests and measurements of
 * search, which do not care how chunks came about. `add` answers with the chunk's id; ids of documents are the same.
 */
export function plainCollection(
  db: Db,
  owner: string,
  name = "notes",
): { readonly scope: SearchScope; readonly add: (document: PlainDocument) => number } {
  db.prepare("INSERT OR IGNORE INTO owners (name) VALUES (?)").run(owner);
  const ownerId = Number(db.prepare("SELECT id FROM owners WHERE name = ?").pluck().get(owner));
  const collectionId = Number(
    db.prepare("INSERT INTO collections (owner_id, name, created_ms) VALUES (?, ?, 0)").run(ownerId, name)
      .lastInsertRowid,
  );
  const sourceId = db
    .prepare(
      "INSERT INTO sources (public_id, collection_id, kind, spec, created_ms) VALUES (?, ?, 'text', '{}', 0)",
    )
    .run(`src_${collectionId}`, collectionId).lastInsertRowid;
  const insertDocument = db.prepare(
    `INSERT INTO documents (id, public_id, source_id, collection_id, path, title, format, content_sha256, size_bytes,
       mtime_ns, ctime_ns, inode, date_ms, indexed_ms) VALUES (?, ?, ?, ?, ?, ?, 'text', '', 0, '', '', '', ?, 0)`,
  );
  const insertTag = db.prepare("INSERT INTO document_tags VALUES (?, ?)");
  const insertChunk = db.prepare("INSERT INTO chunks VALUES (?, ?, 0, 1, 1, NULL, NULL, '[]', ?)");
  const insertText = db.prepare(
    "INSERT INTO chunk_index (rowid, title, heading, body, parts, scope) VALUES (?, ?, '', ?, ?, ?)",
  );
  let next = Number(db.prepare("SELECT coalesce(max(id), 0) + 1 FROM chunks").pluck().get());
  return {
    scope: { ownerId, collectionIds: [collectionId] },
    add: ({ title = "", text, path, tags = [], dateMs = 0 }) => {
      const id = next;
      next += 1;
      insertDocument.run(id, `doc_${id}`, sourceId, collectionId, path ?? `${id}.txt`, title, dateMs);
      for (const tag of tags) insertTag.run(id, tag);
      insertChunk.run(id, id, `sha-${id}`);
      insertText.run(id, title, text, indexParts(text), collectionScope(collectionId));
      return id;
    },
  };
}
