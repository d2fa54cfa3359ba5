import Database from "better-sqlite3";

import { AppError } from "@benchai/contract/errors";

import { guard } from "./guarded.ts";
import { applicationId, refuseNewer, schemaVersion } from "./open.ts";

/**
 * Reads the whole file and says what is wrong with it; undefined when nothing is. `integrity_check` and not
 * `quick_check`: on 450 MB they took 4.7 s and 4.3 s, as both spend their time in the full-text index, which SQLite
 * checks with them (since 3.44). It only reads, and in WAL mode writers go on beside it.
 */
export function damageOf({ path }: { readonly path: string }): string | undefined {
  return reading(path, (db) => {
    const rows: unknown = db.pragma("integrity_check(5)");
    const lines = Array.isArray(rows) ? rows.flatMap((row: object) => Object.values(row).map(String)) : [];
    return lines.length === 1 && lines[0] === "ok" ? undefined : lines.join("; ");
  });
}

/** What a file is by its first pages: its schema's version, and whether there is anything in it. */
export type DatabaseKind = { readonly version: number; readonly isEmpty: boolean };

/** Throws `storage_corrupt` unless the file is empty or a database of ours, and `storage_unavailable` for a newer one. */
export function kindOf(path: string): DatabaseKind {
  const kind = reading(path, (db) => ({
    id: Number(db.pragma("application_id", { simple: true })),
    version: schemaVersion(db),
    isEmpty: db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined,
  }));
  if (typeof kind === "string") throw new AppError("storage_corrupt", `${path} cannot be read: ${kind}`);
  const { id, version, isEmpty } = kind;
  if (!isEmpty && id !== applicationId)
    throw new AppError(
      "storage_corrupt",
      `${path} is no database of BenchAI: its application id is ${id.toString(16)}`,
    );
  refuseNewer(version);
  return { version, isEmpty };
}

/** The answer of `look`, or in words why the file cannot be read as a database. */
function reading<T>(path: string, look: (db: Database.Database) => T): T | string {
  return guard(path, () => {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      return look(db);
    } catch (error) {
      if (isDamage(error)) return error.message;
      throw error;
    } finally {
      db.close();
    }
  });
}

function isDamage(error: unknown): error is Error {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/u.test(error.code);
}
