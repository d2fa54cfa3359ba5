import Database from "better-sqlite3";

import { AppError } from "@benchai/contract/errors";

import { migrations } from "./migrations.ts";

export type Db = Database.Database;

/** "BnAI" in the file's header (`PRAGMA application_id`): nobody else's SQLite file is taken for ours. */
export const applicationId = 0x42_6e_41_49;

/**
 * Opens the one writing connection and brings the schema up to date. What it acknowledges is on the disk
 * (WAL, `synchronous=FULL`), and what it deletes is overwritten (`secure_delete`).
 */
export function openWriter(path: string, steps: readonly string[] = migrations): Db {
  const db = new Database(path);
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("secure_delete = ON");
    db.pragma("foreign_keys = ON");
    db.pragma("temp_store = MEMORY");
    db.pragma("busy_timeout = 5000");
    migrate(db, steps);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a connection that only reads; the schema must be there. */
export function openReader(path: string): Db {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.pragma("query_only = ON");
  db.pragma("temp_store = MEMORY");
  db.pragma("busy_timeout = 5000");
  db.pragma("mmap_size = 1073741824");
  return db;
}

/** Runs the steps that this database has not seen, each in a transaction of its own. */
export function migrate(db: Db, steps: readonly string[] = migrations): void {
  const version = schemaVersion(db);
  refuseNewer(version, steps.length);
  for (let next = version; next < steps.length; next += 1)
    db.transaction(() => {
      db.pragma(`application_id = ${applicationId}`);
      db.exec(steps[next] ?? "");
      db.pragma(`user_version = ${next + 1}`);
    })();
}

/** How many steps this database has seen; 0 for a new one. */
export function schemaVersion(db: Db): number {
  return Number(db.pragma("user_version", { simple: true }));
}

/** A schema of the future is left alone: this program cannot know what it means. */
export function refuseNewer(version: number, known: number = migrations.length): void {
  if (version > known)
    throw new AppError(
      "storage_unavailable",
      `the database has version ${version}, this program knows ${known}: it was written by a newer version; update BenchAI`,
    );
}
