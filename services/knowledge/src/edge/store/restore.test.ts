import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";

import { describe, expect, test } from "vitest";

import { addMemory, count, fill, ruin, temporaryFolder } from "../../../test/folder.ts";
import { backUp } from "./backup.ts";
import { dataFiles } from "./data-folder.ts";
import { lockDataFolder } from "./folder-lock.ts";
import { damageOf } from "./integrity.ts";
import { migrations } from "./migrations.ts";
import { openReader, openWriter } from "./open.ts";
import { deleteReplaced, restore } from "./restore.ts";

const nowMs = Date.UTC(2026, 10, 24, 1, 34);
const laterMs = nowMs + 60_000;

/** A data folder with a backup of 20 memories and a database that has one more since. */
async function ground() {
  const dataDir = temporaryFolder();
  const { database, backups } = dataFiles(dataDir);
  const db = openWriter(database);
  fill(db);
  const { name } = await backUp({ database, folder: backups, nowMs });
  addMemory(db)("learned later");
  db.close();
  return { dataDir, database, backups, name, memories: () => memoriesIn(database) };
}

function memoriesIn(path: string): number {
  const db = openReader(path);
  const memories = count(db, "memories");
  db.close();
  return memories;
}

describe("restore", () => {
  test("puts a backup in place and keeps what was there", async () => {
    const { dataDir, name, memories } = await ground();
    const restored = await restore(dataDir, { name }, laterMs);
    expect(memories()).toBe(20);
    expect(restored.rows).toMatchObject({ memories: 20, documents: 1 });
    expect(memoriesIn(restored.replaced ?? "")).toBe(21);
    expect(existsSync(dataFiles(dataDir).marker)).toBe(true);
    expect(readdirSync(dataDir).filter((file) => file.includes("restoring"))).toEqual([]);
  });

  test("takes the bytes of a file from elsewhere into an empty folder", async () => {
    const { backups, name } = await ground();
    const dataDir = temporaryFolder();
    const restored = await restore(dataDir, { bytes: createReadStream(join(backups, name)) }, laterMs);
    expect(restored.replaced).toBeUndefined();
    const db = openWriter(dataFiles(dataDir).database);
    addMemory(db)("and goes on");
    expect(count(db, "memories")).toBe(21);
    db.close();
  });

  test("never lets the write-ahead log of the old database into the new one", async () => {
    const { dataDir, database, name, memories } = await ground();
    const running = openWriter(database);
    for (let i = 0; i < 50; i += 1) addMemory(running)(`in the log ${i}`);
    const killed = [database, `${database}-wal`, `${database}-shm`].map(
      (path) => [path, readFileSync(path)] as const,
    );
    running.close();
    for (const [path, bytes] of killed) writeFileSync(path, bytes);
    const { replaced } = await restore(dataDir, { name }, laterMs);
    expect(memories()).toBe(20);
    expect(memoriesIn(replaced ?? "")).toBe(71);
  });

  test("is done by running it again after a kill between its renames", async () => {
    const { dataDir, database, name, memories } = await ground();
    const running = openWriter(database);
    addMemory(running)("only in the log");
    const log = readFileSync(`${database}-wal`);
    running.close();
    // The database has been moved aside, its log has not.
    rmSync(database);
    writeFileSync(`${database}-wal`, log);
    await restore(dataDir, { name }, laterMs);
    expect(memories()).toBe(20);
    expect(damageOf({ path: database })).toBeUndefined();
    expect(readdirSync(dataDir)).toContain("replaced-knowledge-20261124T013500Z.db-wal");
  });

  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ["damaged", ruin, /damaged|cannot be read|malformed/u],
    ["cut short", (bytes) => bytes.subarray(0, 50_000), /damaged|cannot be read|malformed/u],
    ["empty", () => Buffer.alloc(0), /is empty/u],
    ["no database", () => Buffer.from("PK\u0003\u0004".repeat(2_000)), /not a database/u],
  ])("refuses a file that is %s and changes nothing", async (_what, harm, why) => {
    const { dataDir, backups, name, memories } = await ground();
    const bytes = Readable.from([harm(readFileSync(join(backups, name)))]);
    const before = readdirSync(dataDir).filter((file) => file !== "knowledge.lock");
    await expect(restore(dataDir, { bytes }, laterMs)).rejects.toMatchObject({
      code: "storage_corrupt",
      message: expect.stringMatching(why),
    });
    expect(memories()).toBe(21);
    expect(
      readdirSync(dataDir).filter((file) => file !== "knowledge.lock" && !/-(wal|shm)$/u.test(file)),
    ).toEqual(before);
  });

  test("refuses a backup that has changed since it was verified", async () => {
    const { dataDir, backups, name, memories } = await ground();
    const path = join(backups, name);
    const bytes = readFileSync(path);
    bytes.write("Statement", bytes.indexOf("statement 7"));
    writeFileSync(path, bytes);
    await expect(restore(dataDir, { name }, laterMs)).rejects.toThrow(
      /not what it was when it was verified/u,
    );
    expect(memories()).toBe(21);
  });

  test("refuses what a newer program wrote, and a name that is no backup's", async () => {
    const { dataDir, name, backups, memories } = await ground();
    const newer = openWriter(join(temporaryFolder(), "newer.db"));
    newer.pragma(`user_version = ${migrations.length + 1}`);
    const bytes = Readable.from([newer.serialize()]);
    newer.close();
    await expect(restore(dataDir, { bytes }, laterMs)).rejects.toThrow(/newer version/u);
    for (const wrong of ["../knowledge.db", `${name}.json`, "/etc/passwd", backups])
      await expect(restore(dataDir, { name: wrong }, laterMs)).rejects.toMatchObject({ code: "not_found" });
    expect(memories()).toBe(21);
  });

  test("refuses while a service uses the folder", async () => {
    const { dataDir, name, memories } = await ground();
    const unlock = lockDataFolder(dataDir);
    await expect(restore(dataDir, { name }, laterMs)).rejects.toThrow(/in use by another knowledge service/u);
    unlock();
    await restore(dataDir, { name }, laterMs);
    expect(memories()).toBe(20);
  });

  test("what was replaced stays until it is deleted on purpose", async () => {
    const { dataDir, name } = await ground();
    await restore(dataDir, { name }, laterMs);
    await restore(dataDir, { name }, laterMs);
    expect(deleteReplaced(dataDir).toSorted()).toEqual([
      "replaced-knowledge-20261124T013500Z.db",
      "replaced-knowledge-20261124T013501Z.db",
    ]);
    expect(readdirSync(dataDir).some((file) => file.startsWith("replaced"))).toBe(false);
  });
});
