import { mkdirSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

import { AppError } from "@benchai/contract/errors";

/**
 * Takes a data folder for this process until the answer is called or the process ends, however it ends: an exclusive
 * transaction on a file of its own, since Node has no file locks, and the kernel frees those of the dead.
 */
export function lockDataFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const lock = new Database(join(dataDir, "knowledge.lock"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!(error instanceof Database.SqliteError) || error.code !== "SQLITE_BUSY") throw error;
    throw new AppError(
      "storage_unavailable",
      `${dataDir} is in use by another knowledge service: stop that one first (./benchai status shows it)`,
      { cause: error },
    );
  }
  return () => lock.close();
}
