import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import { AppError } from "@benchai/contract/errors";

import { lastVerified } from "../../core/backup-plan.ts";
import { backUp } from "./backup.ts";
import { writeDurably } from "./durable.ts";
import { kindOf } from "./integrity.ts";
import { migrations } from "./migrations.ts";
import { openWriter } from "./open.ts";
import { storedBackups } from "./stored-backups.ts";

/** Where things lie in the data folder. */
export function dataFiles(dataDir: string) {
  return {
    database: join(dataDir, "knowledge.db"),
    /** Says that there is a database: when it is gone, that is a loss and no first start. */
    marker: join(dataDir, "knowledge.made"),
    backups: join(dataDir, "backups"),
  } as const;
}

/**
 * Makes the database ready to be opened: creates it at the first start only, refuses what is not ours, backs up and
 * migrates what is older. Nothing is ever replaced: what is refused stays where it is, and the error says what to do.
 */
export async function prepareDatabase(
  dataDir: string,
  nowMs: number,
  steps: readonly string[] = migrations,
): Promise<void> {
  const { database, backups } = dataFiles(dataDir);
  const version = presentVersion(dataDir);
  if (version > 0 && version < steps.length) await backUp({ database, folder: backups, nowMs });
  openWriter(database, steps).close();
  markDatabase(dataDir);
}

/** Writes down that this folder has a database. */
export function markDatabase(dataDir: string): void {
  const { marker } = dataFiles(dataDir);
  if (!existsSync(marker)) writeDurably(marker, "This folder has a BenchAI database: knowledge.db.\n");
}

/** The version of the database that is here; 0 when this is the first start. */
function presentVersion(dataDir: string): number {
  const { database, marker } = dataFiles(dataDir);
  const isThere = existsSync(database) && statSync(database).size > 0;
  const kind = isThere ? kindOf(database) : undefined;
  if (kind && !kind.isEmpty) return kind.version;
  if (!existsSync(marker)) return 0;
  const what = isThere ? "is empty" : "is missing or empty";
  throw new AppError("storage_corrupt", `${database} ${what}, and there was a database here before`);
}

/** A refusal with what an owner can do about it: the newest backup that was read back, and the line that restores it. */
export function withRemedy(error: AppError, dataDir: string): AppError {
  if (error.code !== "storage_corrupt") return error;
  const { backups } = dataFiles(dataDir);
  const last = lastVerified(storedBackups(backups));
  const remedy = last
    ? `The last verified backup is of ${new Date(last.madeMs).toISOString()}: ./benchai restore ${last.name} brings it back`
    : `There is no verified backup in ${backups}: ./benchai restore FILE takes one that you saved`;
  return new AppError(error.code, `${error.message}. Nothing was changed or replaced. ${remedy}`, {
    cause: error,
  });
}
