/** A backup as its folder shows it: `madeMs` is in its name, `isVerified` says that its receipt lies beside it. */
export type StoredBackup = {
  readonly name: string;
  readonly madeMs: number;
  readonly isVerified: boolean;
};

const namePattern = /^knowledge-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/u;

/** `knowledge-20261124T013400Z.db`: sorts by age, and is safe on every file system. */
export function backupName(madeMs: number): string {
  return `knowledge-${new Date(madeMs).toISOString().slice(0, 19).replaceAll(/[-:]/gu, "")}Z.db`;
}

/** When the backup of this name was made; undefined for a name that is not ours, which is then left alone. */
export function backupTimeMs(name: string): number | undefined {
  const match = namePattern.exec(name);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1);
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The newest backup that was read back and found equal. */
export function lastVerified(backups: readonly StoredBackup[]): StoredBackup | undefined {
  return newestFirst(backups).find((backup) => backup.isVerified);
}

/** Which backups go when `keep` may stay: the oldest ones, but never the last verified one. */
export function backupsToDelete(backups: readonly StoredBackup[], keep: number): readonly StoredBackup[] {
  const safe = lastVerified(backups);
  return newestFirst(backups)
    .slice(Math.max(1, keep))
    .filter((backup) => backup !== safe);
}

/** When the next backup is due: `everyMs` after the last verified one, at once when there is none. */
export function nextBackupMs(backups: readonly StoredBackup[], everyMs: number, nowMs: number): number {
  const last = lastVerified(backups);
  // A clock that was set back must not stop the backups for as long as it was wrong.
  if (!last || last.madeMs > nowMs) return nowMs;
  return Math.max(nowMs, last.madeMs + everyMs);
}

/** What an owner who has deleted something must know of the backups made before; undefined when there are none. */
export function forgetNotice(
  backups: readonly StoredBackup[],
  keep: number,
  everyMs: number,
): string | undefined {
  if (backups.length === 0) return undefined;
  const days = Math.ceil((Math.max(1, keep) * everyMs) / 86_400_000);
  const when = everyMs > 0 ? `they are gone within ${days} days` : "they stay until you delete them";
  return `${backups.length} backups made before still hold it: ${when}, and at once after ./benchai backup --prune`;
}

function newestFirst(backups: readonly StoredBackup[]): readonly StoredBackup[] {
  return backups.toSorted((a, b) => b.madeMs - a.madeMs || (a.name < b.name ? 1 : -1));
}
