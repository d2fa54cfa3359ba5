import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { backupTimeMs, type StoredBackup } from "../../core/backup-plan.ts";

/** What is known of a backup that was read back and found equal; it lies beside the backup as `NAME.json`. */
export type BackupReceipt = {
  readonly name: string;
  readonly madeMs: number;
  readonly sizeBytes: number;
  /** Of the file. */
  readonly sha256: string;
  readonly schemaVersion: number;
  readonly rows: Readonly<Record<string, number>>;
  /** Of the rows; see `contentOf`. */
  readonly contentSha256: string;
};

/** How the name of an unfinished file ends. */
export const partial = ".partial";

/** The backups in a folder; none when there is no folder. */
export function storedBackups(folder: string): readonly StoredBackup[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const madeMs = backupTimeMs(name);
    if (madeMs === undefined) return [];
    return [{ name, madeMs, isVerified: existsSync(receiptPath(folder, name)) }];
  });
}

/** What was written down when this backup was verified; undefined for a file that never was. */
export function receiptOf(folder: string, name: string): BackupReceipt | undefined {
  const path = receiptPath(folder, name);
  if (!existsSync(path)) return undefined;
  // Written by `backUp` alone, whole or not at all.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(readFileSync(path, "utf8")) as BackupReceipt;
}

/** Deletes a backup; its receipt goes first, so that none is ever without its file. */
export function deleteBackup(folder: string, name: string): void {
  rmSync(receiptPath(folder, name), { force: true });
  rmSync(join(folder, name), { force: true });
}

/** Removes what a killed backup has left. Only while no other runs. */
export function sweepPartials(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder))
    if (name.includes(partial)) rmSync(join(folder, name), { force: true });
}

/** Where the receipt of a backup lies. */
export function receiptPath(folder: string, name: string): string {
  return join(folder, `${name}.json`);
}
