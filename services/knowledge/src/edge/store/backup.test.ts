import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";

import { addMemory, count, fill, ruin, temporaryFolder } from "../../../test/folder.ts";
import { backUp } from "./backup.ts";
import { contentOf } from "./content.ts";
import { fileSha256 } from "./durable.ts";
import { damageOf } from "./integrity.ts";
import { openReader, openWriter } from "./open.ts";
import { receiptOf, storedBackups, sweepPartials } from "./stored-backups.ts";

const nowMs = Date.UTC(2026, 10, 24, 1, 34);

function ground() {
  const folder = temporaryFolder();
  const database = join(folder, "knowledge.db");
  const backups = join(folder, "backups");
  const db = openWriter(database);
  fill(db);
  return { db, database, backups, backUp: () => backUp({ database, folder: backups, nowMs }) };
}

describe("a backup", () => {
  test("is one verified file that says the same, with its receipt", async () => {
    const { db, backups, backUp: make } = ground();
    const receipt = await make();
    expect(readdirSync(backups).toSorted()).toEqual([receipt.name, `${receipt.name}.json`]);
    expect(receipt).toEqual(receiptOf(backups, receipt.name));
    expect(receipt.rows).toMatchObject({ memories: 20, documents: 1, chunk_vectors: 1 });
    expect(receipt.sha256).toBe(await fileSha256(join(backups, receipt.name)));
    const copy = openReader(join(backups, receipt.name));
    expect(contentOf(copy)).toEqual(contentOf(db));
    expect(copy.prepare("SELECT rowid FROM chunk_index('fox')").all()).toHaveLength(1);
    expect(readdirSync(backups)).toHaveLength(2);
    copy.close();
    db.close();
  });

  test("is one moment's truth while writes go on between its steps", async () => {
    const { db, backups, backUp: make } = ground();
    const add = addMemory(db);
    db.transaction(() => {
      for (let i = 0; i < 3_000; i += 1) add(`filler ${i} ${"x".repeat(300)}`);
    })();
    let written = 0;
    const writing = setInterval(() => add(`during ${written++}`), 1);
    const receipt = await make();
    clearInterval(writing);
    expect(written).toBeGreaterThan(0);
    expect(receipt.rows).toMatchObject({ memories: 3_020, memory_index_content: 3_020 });
    expect(count(db, "memories")).toBe(3_020 + written);
    expect(storedBackups(backups)).toEqual([{ name: receipt.name, madeMs: nowMs, isVerified: true }]);
    db.close();
  });

  test("of a damaged database is thrown away, and the older ones stay", async () => {
    const { db, database, backups, backUp: make } = ground();
    const first = await make();
    db.close();
    writeFileSync(database, ruin(readFileSync(database)));
    await expect(backUp({ database, folder: backups, nowMs: nowMs + 1_000 })).rejects.toMatchObject({
      code: "storage_corrupt",
      message: expect.stringContaining(`${database}: it is damaged`),
    });
    expect(readdirSync(backups).toSorted()).toEqual([first.name, `${first.name}.json`]);
  });

  test("into a folder that cannot be says so with the path", async () => {
    const { db, database } = ground();
    const folder = `${database}/backups`;
    await expect(backUp({ database, folder, nowMs })).rejects.toMatchObject({
      code: "storage_unavailable",
      message: expect.stringContaining(folder),
    });
    db.close();
  });

  test("that was killed leaves a partial file that the next start sweeps away, and nothing else", async () => {
    const { db, backups, backUp: make } = ground();
    const { name } = await make();
    writeFileSync(join(backups, `${name}.77.partial`), "half");
    writeFileSync(join(backups, "my own copy.db"), "mine");
    sweepPartials(backups);
    expect(readdirSync(backups).toSorted()).toEqual([name, `${name}.json`, "my own copy.db"].toSorted());
    expect(storedBackups(backups)).toHaveLength(1);
    db.close();
  });

  test("does not carry what was forgotten before it", async () => {
    const { db, backups, backUp: make } = ground();
    addMemory(db)("the canary sings of nightingales");
    db.exec("DELETE FROM memories WHERE content LIKE '%canary%'");
    const { name } = await make();
    expect(readFileSync(join(backups, name)).includes("nightingales")).toBe(false);
    expect(readFileSync(join(backups, name)).includes("statement 7")).toBe(true);
    db.close();
  });
});

describe("the content of a database", () => {
  test.each([
    ["a changed text", "UPDATE memories SET content = 'other' WHERE id = 3"],
    ["a changed vector", "UPDATE chunk_vectors SET unit = x'0011223345'"],
    ["a lost row of the index", "DELETE FROM memory_index WHERE rowid = 4"],
    ["a NULL that was a text", "UPDATE jobs SET error = NULL"],
  ])("differs by %s", (_what, change) => {
    const { db } = ground();
    db.exec(
      "INSERT INTO jobs (public_id, kind, payload, state, error, created_ms) VALUES ('j', 'index', '', 'failed', 'null', 0)",
    );
    const before = contentOf(db).sha256;
    db.exec(change);
    expect(contentOf(db).sha256).not.toBe(before);
    db.close();
  });
});

describe("the integrity check", () => {
  test("finds nothing in a sound database, also beside its writer", () => {
    const { db, database } = ground();
    expect(damageOf({ path: database })).toBeUndefined();
    db.close();
  });

  test("finds a full-text index that lost a part", () => {
    const { db, database } = ground();
    db.unsafeMode(true);
    db.exec("DELETE FROM memory_index_data WHERE id > 10");
    db.close();
    expect(damageOf({ path: database })).toMatch(/memory_index/u);
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ["overwritten pages", ruin],
    ["a cut end", (bytes) => bytes.subarray(0, bytes.length - 40_960)],
    ["a file of zeros", (bytes) => bytes.fill(0)],
    ["a text file", () => Buffer.from("# not a database\n".repeat(100))],
  ])("finds %s", (_what, harm) => {
    const { db, database } = ground();
    db.close();
    expect(existsSync(`${database}-wal`)).toBe(false);
    writeFileSync(database, harm(readFileSync(database)));
    expect(damageOf({ path: database })).toMatch(/\w/u);
  });

  test("finds an index that has left its table", () => {
    const { db, database } = ground();
    db.close();
    const raw = new Database(database);
    raw.unsafeMode(true);
    raw.pragma("writable_schema = ON");
    const sql = "SELECT sql FROM sqlite_schema WHERE name = 'memories_recent'";
    const { sql: index } = raw.prepare<[], { sql: string }>(sql).get() ?? { sql: "" };
    raw.exec(
      "UPDATE sqlite_schema SET sql = 'CREATE INDEX memories_recent ON memories(owner_id, updated_ms)' WHERE name = 'memories_recent'",
    );
    raw.pragma("writable_schema = RESET");
    raw.exec("UPDATE memories SET updated_ms = 5 WHERE id = 2");
    raw.pragma("writable_schema = ON");
    raw.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'memories_recent'").run(index);
    raw.close();
    expect(damageOf({ path: database })).toMatch(/memories_recent/u);
  });
});
