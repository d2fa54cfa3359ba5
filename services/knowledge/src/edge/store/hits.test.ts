import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { searchScope, storedHits } from "./hits.ts";
import { collectionScope } from "../../core/scope-token.ts";
import { type Db, openWriter } from "./open.ts";

/** Two owners with a collection of the same name each; chunk ids are the owner's number times ten, and on. */
function fill(db: Db): void {
  for (const [owner, name] of [
    [1, "ann"],
    [2, "bob"],
  ] as const) {
    db.prepare("INSERT INTO owners VALUES (?, ?)").run(owner, name);
    db.prepare("INSERT INTO collections VALUES (?, ?, 'notes', '', 0)").run(owner, owner);
    db.prepare(
      "INSERT INTO sources (id, public_id, collection_id, kind, spec, created_ms, indexed_ms, problem) VALUES (?, ?, ?, 'text', '{}', 0, NULL, NULL)",
    ).run(owner, `src_${name}`, owner);
    db.prepare(
      `INSERT INTO documents VALUES (?, ?, ?, ?, 'a.md', 'A', 'markdown', 'hash', 1, '0', '0', '0', 0, '{}', 0, NULL)`,
    ).run(owner, `doc_${name}`, owner, owner);
    for (const ordinal of [0, 1, 2]) {
      const id = owner * 10 + ordinal;
      const columns = ordinal === 2 ? [4, 9] : [null, null];
      db.prepare(`INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, '["H"]', 'x')`).run(
        id,
        owner,
        ordinal,
        ordinal + 1,
        ordinal + 1,
        ...columns,
      );
      db.prepare(
        "INSERT INTO chunk_index(rowid, title, heading, body, parts, scope) VALUES (?, 'A', 'H', ?, '', ?)",
      ).run(id, `${name} ${ordinal}`, collectionScope(owner));
    }
  }
}

describe("hits as the store gives them", () => {
  let folder: string;
  let db: Db;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hits-"));
    db = openWriter(join(folder, "knowledge.db"));
    fill(db);
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  it("cites lines, and columns where a chunk is a part of one line", () => {
    const scope = searchScope(db, { owner: "ann" });
    const [first, last] = storedHits(db, { scope, chunkIds: [10, 12], neighbours: 0 });
    expect(first).toMatchObject({
      content: "ann 0",
      citation: { reference: "a.md#L1-L1", heading_path: ["H"] },
    });
    expect(last?.citation).toMatchObject({ reference: "a.md#L3C4-L3C9", start_column: 4, end_column: 9 });
  });

  it("gives the neighbours' text as context", () => {
    const scope = searchScope(db, { owner: "ann" });
    const [middle] = storedHits(db, { scope, chunkIds: [11], neighbours: 1 });
    expect(middle?.context).toEqual({ before: "ann 0", after: "ann 2" });
  });

  it("A9: gives nothing of another owner, whatever ids it is asked for", () => {
    const scope = searchScope(db, { owner: "ann" });
    expect(
      storedHits(db, { scope, chunkIds: [20, 21, 22, 10], neighbours: 2 }).map((h) => h.chunkId),
    ).toEqual([10]);
    const forged = { ownerId: 1, collectionIds: [1, 2] };
    expect(storedHits(db, { scope: forged, chunkIds: [20, 21, 22], neighbours: 0 })).toEqual([]);
  });

  it("refuses a collection that the owner does not have like one that nobody has", () => {
    db.prepare("UPDATE collections SET name = 'secret' WHERE id = 2").run();
    const ask = (name: string) => () => searchScope(db, { owner: "ann", collections: [name] });
    expect(ask("secret")).toThrow('there is no collection "secret"');
    expect(ask("nowhere")).toThrow('there is no collection "nowhere"');
    expect(searchScope(db, { owner: "nobody" })).toEqual({ ownerId: 0, collectionIds: [] });
  });
});
