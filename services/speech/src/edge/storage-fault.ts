import Database from "better-sqlite3";

import { AppError } from "@benchai/contract/errors";

const damaged: ReadonlySet<string> = new Set(["SQLITE_CORRUPT", "SQLITE_NOTADB"]);
const full: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG", "SQLITE_FULL"]);

/** A fault of the disk or the database as callers see it: `storage_full`, `storage_corrupt`, `storage_unavailable`. Other errors stay as they are. */
export function storageFault(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const why = `${path}: ${error.message}`;
  if (full.has(code))
    return new AppError("storage_full", `${why}; the disk is full: free some space`, { cause: error });
  if (damaged.has(code))
    return new AppError("storage_corrupt", `${why}; it is kept as it is: move it away to begin anew`, {
      cause: error,
    });
  return new AppError("storage_unavailable", `${why}; look at the volume of the speech service`, {
    cause: error,
  });
}

/** Runs `work`; what the storage refuses comes out as `storageFault` has it. */
export function onStorage<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageFault(error, path);
  }
}

/** SQLite's errors (a broken constraint says nothing of the storage) and the system's. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof Database.SqliteError)
    return /^SQLITE_(?:CONSTRAINT|ERROR|MISUSE|RANGE)/u.test(error.code) ? undefined : error.code;
  const isSystem = error instanceof Error && "syscall" in error && "code" in error;
  return isSystem ? String(error.code) : undefined;
}
