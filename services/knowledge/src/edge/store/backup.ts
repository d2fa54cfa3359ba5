import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

import { AppError } from "@benchai/contract/errors";

import { backupName } from "../../core/backup-plan.ts";
import { type ContentSummary, contentOf } from "./content.ts";
import { fileSha256, publishFile, writeDurably } from "./durable.ts";
import { guard, guardAsync } from "./guarded.ts";
import { damageOf } from "./integrity.ts";
import { openReader, schemaVersion } from "./open.ts";
import { type BackupReceipt, partial, receiptPath } from "./stored-backups.ts";

/**
 * Copies the database into `folder` as of one moment, while others go on to read and write (the copy is read in one
 * transaction, which in WAL mode blocks nobody), then reads the copy back. Only a copy that is sound and equal in
 * every row gets a backup's name.
 */
export async function backUp({
  database,
  folder,
  nowMs,
}: {
  readonly database: string;
  readonly folder: string;
  readonly nowMs: number;
}): Promise<BackupReceipt> {
  const name = backupName(nowMs);
  const copy = join(folder, `${name}.${process.pid}${partial}`);
  return guardAsync(copy, async () => {
    try {
      mkdirSync(folder, { recursive: true });
      const wanted = await copyDatabase(database, copy);
      const receipt = { name, madeMs: nowMs, ...(await readBack(copy, wanted)) };
      publishFile(copy, join(folder, name));
      writeDurably(receiptPath(folder, name), `${JSON.stringify(receipt)}\n`);
      return receipt;
    } finally {
      for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(`${copy}${end}`, { force: true });
    }
  });
}

/** Pages between two breaths of the copying thread, some 8 MB. */
const pagesAStep = 2_000;

async function copyDatabase(database: string, copy: string): Promise<ContentSummary> {
  const source = openReader(database);
  try {
    source.exec("BEGIN");
    const content = guard(database, () => contentOf(source));
    await source.backup(copy, { progress: () => pagesAStep });
    source.exec("COMMIT");
    return content;
  } finally {
    source.close();
  }
}

async function readBack(copy: string, wanted: ContentSummary) {
  settle(copy);
  const damage = damageOf({ path: copy });
  if (damage !== undefined) throw notEqual(`the copy is damaged, so the database may be too: ${damage}`);
  const db = openReader(copy);
  try {
    const content = contentOf(db);
    if (content.sha256 !== wanted.sha256) throw notEqual("the copy says something else than the database");
    return {
      sizeBytes: statSync(copy).size,
      sha256: await fileSha256(copy),
      schemaVersion: schemaVersion(db),
      rows: content.rows,
      contentSha256: content.sha256,
    };
  } finally {
    db.close();
  }
}

function notEqual(what: string): AppError {
  return new AppError("storage_corrupt", `the backup was thrown away: ${what}. The older backups stay`);
}

/** Makes one file of a copied database: without WAL mode, nothing lies beside it and a reader needs no rights to write. */
export function settle(copy: string): void {
  const db = new Database(copy, { fileMustExist: true });
  try {
    db.pragma("journal_mode = DELETE");
  } finally {
    db.close();
  }
}
