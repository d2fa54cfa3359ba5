import { copyFileSync, createWriteStream, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { AppError } from "@benchai/contract/errors";

import { backupName } from "../../core/backup-plan.ts";
import { settle } from "./backup.ts";
import { contentOf } from "./content.ts";
import { dataFiles, markDatabase } from "./data-folder.ts";
import { fileSha256, publishFile } from "./durable.ts";
import { lockDataFolder } from "./folder-lock.ts";
import { guardAsync } from "./guarded.ts";
import { damageOf, kindOf } from "./integrity.ts";
import { openReader } from "./open.ts";
import { receiptOf, storedBackups } from "./stored-backups.ts";

export type Restored = {
  readonly rows: Readonly<Record<string, number>>;
  /** Where the database that was here before lies now; undefined when there was none. */
  readonly replaced: string | undefined;
};

/** A backup by its name in the data folder, or the bytes of one. */
export type RestoreSource = { readonly name: string } | { readonly bytes: Readable };

/**
 * Puts a backup in the place of the database. It is checked first, in full; what was here is moved aside, never
 * deleted. Killed at any moment, it leaves the old database, the new one, or none and a refusal to start without:
 * then it is run again. Refused while a service uses the folder.
 */
export async function restore(dataDir: string, source: RestoreSource, nowMs: number): Promise<Restored> {
  return guardAsync(dataDir, async () => {
    const unlock = lockDataFolder(dataDir);
    const incoming = join(dataDir, "knowledge.db.restoring");
    try {
      await bring(dataDir, source, incoming);
      const rows = checked(incoming);
      const replaced = moveAside(dataDir, nowMs);
      markDatabase(dataDir);
      publishFile(incoming, dataFiles(dataDir).database);
      return { rows, replaced };
    } finally {
      rmSync(incoming, { force: true });
      unlock();
    }
  });
}

async function bring(dataDir: string, source: RestoreSource, incoming: string): Promise<void> {
  if ("bytes" in source) return pipeline(source.bytes, createWriteStream(incoming));
  const { backups } = dataFiles(dataDir);
  const known = storedBackups(backups).some(({ name }) => name === source.name);
  if (!known)
    throw new AppError(
      "not_found",
      `there is no backup ${JSON.stringify(source.name)} in ${backups}; ./benchai restore lists them`,
    );
  copyFileSync(join(backups, source.name), incoming);
  const receipt = receiptOf(backups, source.name);
  if (receipt && receipt.sha256 !== (await fileSha256(incoming)))
    throw new AppError("storage_corrupt", `${source.name} is not what it was when it was verified`);
}

function checked(incoming: string): Restored["rows"] {
  if (kindOf(incoming).isEmpty) throw new AppError("storage_corrupt", "the file to restore is empty");
  settle(incoming);
  const damage = damageOf({ path: incoming });
  if (damage !== undefined)
    throw new AppError("storage_corrupt", `the file to restore is damaged: ${damage}`);
  const db = openReader(incoming);
  try {
    return contentOf(db).rows;
  } finally {
    db.close();
  }
}

const sideFiles = ["", "-wal", "-shm"] as const;

/** The side files go too: SQLite would play an old one into the new database. */
function moveAside(dataDir: string, nowMs: number): string | undefined {
  const { database } = dataFiles(dataDir);
  const aside = freeName(dataDir, nowMs);
  const present = sideFiles.filter((end) => existsSync(`${database}${end}`));
  for (const end of present) renameSync(`${database}${end}`, `${aside}${end}`);
  return present.length > 0 ? aside : undefined;
}

/** Two restores in one second must not make one file of two. */
function freeName(dataDir: string, nowMs: number): string {
  const path = join(dataDir, `replaced-${backupName(nowMs)}`);
  return sideFiles.some((end) => existsSync(`${path}${end}`)) ? freeName(dataDir, nowMs + 1_000) : path;
}

/** Deletes the databases that restores have moved aside; their names. */
export function deleteReplaced(dataDir: string): readonly string[] {
  const names = readdirSync(dataDir).filter((name) => name.startsWith("replaced-knowledge-"));
  for (const name of names) rmSync(join(dataDir, name), { force: true });
  return names;
}
