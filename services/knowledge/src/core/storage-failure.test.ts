import { describe, expect, test } from "vitest";

import { storageError } from "./storage-failure.ts";

const errorOf = (code: string) => storageError({ code, message: "as SQLite says it" }, "/data/knowledge.db");

describe("a fault of the storage", () => {
  test.each([
    ["SQLITE_FULL", "storage_full"],
    ["ENOSPC", "storage_full"],
    ["SQLITE_READONLY", "storage_unavailable"],
    ["SQLITE_READONLY_DBMOVED", "storage_unavailable"],
    ["SQLITE_IOERR_WRITE", "storage_unavailable"],
    ["SQLITE_IOERR_SHMOPEN", "storage_unavailable"],
    ["SQLITE_CORRUPT_VTAB", "storage_corrupt"],
    ["SQLITE_CORRUPT_INDEX", "storage_corrupt"],
    ["SQLITE_NOTADB", "storage_corrupt"],
    ["SQLITE_CANTOPEN", "storage_unavailable"],
    ["SQLITE_BUSY_SNAPSHOT", "storage_unavailable"],
    ["EROFS", "storage_unavailable"],
  ])("%s is %s, naming the file, the cause and SQLite's own words", (fault, code) => {
    const error = errorOf(fault);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(/^\/data\/knowledge\.db: .*(free|mount|look|restore|stop)/iu);
    expect(error?.message).toContain(`(${fault}: as SQLite says it)`);
  });

  test.each(["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_ERROR", "SQLITE_TOOBIG", "ECONNREFUSED", "", "__proto__"])(
    "%j is none",
    (code) => expect(errorOf(code)).toBeUndefined(),
  );

  test("only what passes by itself says when to try again", () => {
    expect(errorOf("SQLITE_BUSY")?.retryAfterS).toBe(2);
    expect(errorOf("SQLITE_FULL")?.retryAfterS).toBeUndefined();
  });
});
