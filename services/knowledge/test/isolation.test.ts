import { join } from "node:path";

import { expect, it } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { listCollections } from "../src/edge/store/collections.ts";
import { commitDocuments, type DocumentCommit } from "../src/edge/store/commit.ts";
import {
  deleteDocument,
  documentById,
  documentStats,
  listDocuments,
  textOfDocument,
} from "../src/edge/store/documents.ts";
import { openWriter } from "../src/edge/store/open.ts";
import { handedSource } from "../src/edge/store/sources.ts";
import { temporaryFolder } from "./folder.ts";

const owners = ["ann", "bob", "cid", "dee"] as const;
const each = 1_000;
const reads = 10_000;

function documentOf(owner: string, i: number): DocumentCommit {
  const chunk = { startLine: 1, endLine: 1, headingPath: [], text: `${owner} wrote ${i}` };
  return {
    path: `n${i}.md`,
    stamp: { sizeBytes: 1, mtimeNs: "", ctimeNs: "", inode: "" },
    sha256: `${i}`,
    changedMs: 0,
    outcome: { format: "markdown", title: owner, tags: [owner], dateMs: 0, properties: {}, chunks: [chunk] },
  };
}

it(`A9: of ${owners.length} owners with ${each} documents each, ${reads} random reads see no foreign row`, () => {
  const db = openWriter(join(temporaryFolder(), "knowledge.db"));
  for (const owner of owners) {
    const { id: sourceId } = handedSource(db, { owner, collection: "default", kind: "text", nowMs: 0 });
    const documents = Array.from({ length: each }, (_, i) => documentOf(owner, i));
    commitDocuments(db, { sourceId, nowMs: 0, documents });
  }
  const idsOf = (owner: string) => listDocuments(db, { owner, limit: 2 * each }).map((d) => d.id);
  const ids = Object.fromEntries(owners.map((owner) => [owner, idsOf(owner)]));
  const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
  for (let i = 0; i < reads; i += 1) {
    const reader = any(owners);
    const writer = any(owners);
    const call = { owner: reader, id: any(ids[writer] ?? []) };
    const read =
      i % 2 === 0 ? () => documentById(db, call).title : () => textOfDocument(db, call).text.split(" ")[0];
    if (reader === writer) expect(read()).toBe(reader);
    else {
      expect(read).toThrow(AppError);
      if (i % 10 === 0) expect(() => deleteDocument(db, call)).toThrow(AppError);
    }
  }
  for (const owner of owners) {
    expect(new Set(listDocuments(db, { owner, limit: 2 * each }).map((d) => d.title))).toEqual(
      new Set([owner]),
    );
    expect(documentStats(db, { owner })).toMatchObject({ documents: each, chunks: each });
    expect(listCollections(db, { owner })).toHaveLength(1);
  }
  db.close();
});
