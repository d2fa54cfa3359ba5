import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";

import { createLogger } from "@benchai/kernel/log";

import { count, fill, ruin, temporaryFolder } from "../test/folder.ts";
import { backUp } from "./edge/store/backup.ts";
import { dataFiles, prepareDatabase } from "./edge/store/data-folder.ts";
import { migrations } from "./edge/store/migrations.ts";
import { openWriter } from "./edge/store/open.ts";
import { receiptOf, storedBackups } from "./edge/store/stored-backups.ts";
import { Storage } from "./storage.ts";

const log = createLogger("test", "silent");
const nowMs = Date.UTC(2026, 10, 24, 1, 34);

async function open(dataDir: string, checkWaitMs = 10_000): Promise<Storage> {
  const storage = await Storage.open(dataDir, checkWaitMs, nowMs, log);
  onTestFinished(() => storage.close());
  return storage;
}

/** A data folder that a service has used and left. */
async function used(): Promise<string> {
  const dataDir = temporaryFolder();
  const storage = await Storage.open(dataDir, 10_000, nowMs, log);
  const db = openWriter(storage.database);
  fill(db);
  db.close();
  storage.close();
  return dataDir;
}

describe("the storage at start", () => {
  test("makes a database in an empty folder, once, and takes it again", async () => {
    const dataDir = await used();
    const storage = await open(dataDir);
    expect(storage.problem).toBeUndefined();
    expect(storage.integrity).toBe("sound");
    const db = openWriter(storage.database);
    expect(count(db, "memories")).toBe(20);
    db.close();
  });

  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ["damaged", ruin, /is damaged: |malformed/u],
    ["torn at its head", (bytes) => bytes.fill(0, 0, 100), /cannot be read: file is not a database/u],
    ["empty", () => Buffer.alloc(0), /there was a database here before/u],
  ])(
    "S52: a database that is %s is kept, byte for byte, and the last backup offered",
    async (_what, harm, why) => {
      const dataDir = await used();
      const { database, backups } = dataFiles(dataDir);
      const { name } = await backUp({ database, folder: backups, nowMs });
      writeFileSync(database, harm(readFileSync(database)));
      const before = readFileSync(database);
      const storage = await open(dataDir);
      expect(() => storage.assertUsable()).toThrow(expect.objectContaining({ code: "storage_corrupt" }));
      expect(storage.integrity).toBe("damaged");
      expect(storage.problem?.message).toMatch(why);
      expect(storage.problem?.message).toContain(database);
      expect(storage.problem?.message).toContain("2026-11-24T01:34:00.000Z");
      expect(storage.problem?.message).toContain(`./benchai restore ${name}`);
      expect(readFileSync(database).equals(before)).toBe(true);
    },
  );

  test("S52: a database that is gone is missed, and no new one is made", async () => {
    const dataDir = await used();
    const { database } = dataFiles(dataDir);
    rmSync(database);
    const storage = await open(dataDir);
    expect(storage.problem?.code).toBe("storage_corrupt");
    expect(storage.problem?.message).toMatch(/is missing.*no verified backup.*\.\/benchai restore FILE/u);
    expect(existsSync(database)).toBe(false);
  });

  test("S52: the database of another program is left alone", async () => {
    const dataDir = temporaryFolder();
    const { database } = dataFiles(dataDir);
    const theirs = new Database(database);
    theirs.exec("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')");
    theirs.close();
    const before = readFileSync(database);
    expect((await open(dataDir)).problem?.message).toMatch(/is no database of BenchAI/u);
    expect(readFileSync(database).equals(before)).toBe(true);
  });

  test("a newer schema is refused and nothing is said of damage", async () => {
    const dataDir = await used();
    const db = openWriter(dataFiles(dataDir).database);
    db.pragma(`user_version = ${migrations.length + 1}`);
    db.close();
    const storage = await open(dataDir);
    expect(storage.problem).toMatchObject({ code: "storage_unavailable" });
    expect(storage.problem?.message).toMatch(/newer version; update BenchAI$/u);
  });

  test("a folder that cannot be made is named", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const storage = await open(join(file, "knowledge"));
    expect(storage.problem).toMatchObject({ code: "storage_unavailable" });
    expect(storage.problem?.message).toContain(join(file, "knowledge"));
  });

  test("a second service is refused while the first one runs, and let in afterwards", async () => {
    const dataDir = await used();
    const first = await open(dataDir);
    expect((await open(dataDir)).problem?.message).toMatch(/in use by another knowledge service/u);
    expect(first.problem).toBeUndefined();
    first.close();
    expect((await open(dataDir)).problem).toBeUndefined();
  });

  test("does not wait longer than it is told, and reports damage when the check ends", async () => {
    const dataDir = await used();
    const { database } = dataFiles(dataDir);
    const db = openWriter(database);
    db.unsafeMode(true);
    db.exec("DELETE FROM memory_index_data WHERE id > 10");
    db.close();
    const storage = await open(dataDir, 0);
    expect(storage.problem).toBeUndefined();
    expect(storage.integrity).toBe("checking");
    await expect.poll(() => storage.integrity).toBe("damaged");
    expect(storage.problem?.message).toMatch(/memory_index/u);
  });

  test("an older database is backed up before it is migrated", async () => {
    const dataDir = await used();
    const { database, backups } = dataFiles(dataDir);
    await prepareDatabase(dataDir, nowMs, [...migrations, "CREATE TABLE extra (id INTEGER) STRICT"]);
    const [backup] = storedBackups(backups);
    expect(receiptOf(backups, backup?.name ?? "")).toMatchObject({
      schemaVersion: migrations.length,
      rows: { memories: 20 },
    });
    expect(() => openWriter(database)).toThrow(/newer version/u);
  });

  test("leaves no backup behind that nobody asked for", async () => {
    const dataDir = await used();
    await open(dataDir);
    expect(storedBackups(dataFiles(dataDir).backups)).toEqual([]);
    expect(readdirSync(dataDir).toSorted()).toEqual(
      expect.arrayContaining(["knowledge.db", "knowledge.lock", "knowledge.made"]),
    );
  });
});
