import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { count, temporaryFolder } from "../../../test/folder.ts";
import { adder, codeOf, memoryDatabase, nowMs } from "../../../test/memory-rig.ts";
import { exportMemories, importLines } from "./memory-import.ts";
import { addMemory, forgetBatch, noteAccess, optimizeMemories } from "./memories-write.ts";
import { type Db, openWriter } from "./open.ts";

let db: Db;

beforeEach(() => {
  db = memoryDatabase();
  return () => void db.close();
});

const add = adder(() => db);

describe("export and import", () => {
  const exported = (of: Db, owner: string) => {
    let lines = "";
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: { lines: string; last?: number } = exportMemories(of, { owner, after, limit: 7 });
      lines += page.lines;
      after = page.last;
    }
    return lines;
  };

  it("gives the same bytes after a round trip, into another owner and another database", () => {
    for (let i = 0; i < 30; i += 1)
      add(
        `statement "${i}" \u2028 é 🙂`,
        {
          importance: i / 30,
          pinned: i % 2 === 0,
          namespace: i % 3 === 0 ? "n" : "",
          provenance: { turn: "t", conversation: "c", span: [1, 2] },
        },
        "ann",
        nowMs + i,
      );
    const old = add("lives in Graz").memory.id;
    const next = add("lives in Linz", { supersedes: old }).memory.id;
    noteAccess(db, { accesses: [{ owner: "ann", ids: [next], atMs: nowMs }] });
    const ndjson = exported(db, "ann");
    expect(importLines(db, { owner: "bob", ndjson, nowMs })).toMatchObject({
      imported: 32,
      duplicates: 0,
      refused: 0,
    });
    expect(exported(db, "bob")).toBe(ndjson);
    expect(exported(db, "ann")).toBe(ndjson);
    const other = openWriter(join(temporaryFolder(), "knowledge.db"));
    importLines(other, { owner: "ann", ndjson, nowMs });
    expect(exported(other, "ann")).toBe(ndjson);
    expect(importLines(other, { owner: "ann", ndjson, nowMs })).toMatchObject({
      imported: 0,
      duplicates: 32,
    });
    other.close();
  });

  it("gives another id where the owner has it for something else, and links follow", () => {
    const old = add("lives in Graz").memory.id;
    const next = add("lives in Linz", { supersedes: old }).memory.id;
    const changed = exported(db, "ann").replaceAll("Graz", "Rom").replaceAll("Linz", "Wien");
    expect(importLines(db, { owner: "ann", ndjson: changed, nowMs })).toMatchObject({ imported: 2 });
    const all = exported(db, "ann")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l) as { id: string; content: string; superseded_by?: string });
    const [rome, vienna] = [
      all.find((m) => m.content.includes("Rom")),
      all.find((m) => m.content.includes("Wien")),
    ];
    expect(rome?.superseded_by).toBe(vienna?.id);
    expect(new Set([old, next, rome?.id, vienna?.id]).size).toBe(4);
  });

  it("takes all or nothing of lines, refuses secrets and says how doubtful the rest is", () => {
    add("likes tea");
    const line = exported(db, "ann").trim();
    expect(codeOf(() => importLines(db, { owner: "bob", ndjson: `${line}\n{"id":1}\n`, nowMs }))).toBe(
      "invalid_request",
    );
    expect(codeOf(() => importLines(db, { owner: "bob", ndjson: `${line}\nnot json`, nowMs }))).toBe(
      "invalid_json",
    );
    expect(count(db, "memories")).toBe(1);
    const other = (id: string, content: string) =>
      line.replace(/"id":"[^"]*"/u, `"id":"${id}"`).replace("likes tea", content);
    const ndjson = [
      line,
      other("x1", "my password is hunter2"),
      other("x2", "thanks"),
      other("x3", "likes tea"),
    ].join("\n");
    const answer = importLines(db, { owner: "bob", ndjson, nowMs });
    expect(answer).toMatchObject({
      imported: 2,
      duplicates: 1,
      refused: 1,
      doubtful: { small_talk: 1 },
      problems: [{ row: 2 }],
    });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
  });

  it("undoes a batch, and only the owner's", () => {
    addMemory(db, { owner: "ann", request: { content: "likes tea" }, batch: "batch_1", nowMs });
    addMemory(db, { owner: "bob", request: { content: "likes tea" }, batch: "batch_1", nowMs });
    add("stays here");
    expect(forgetBatch(db, { owner: "ann", batch: "batch_1" })).toEqual({ deleted: 1, isErased: true });
    expect(codeOf(() => forgetBatch(db, { owner: "ann", batch: "batch_1" }))).toBe("not_found");
    expect(count(db, "memories")).toBe(2);
    expect(optimizeMemories(db)).toEqual({ isErased: true });
  });
});
