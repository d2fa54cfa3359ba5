import type { Logger } from "@benchai/kernel/log";

import { backupsToDelete, lastVerified, nextBackupMs } from "./core/backup-plan.ts";
import type { backUp } from "./edge/store/backup.ts";
import {
  type BackupReceipt,
  deleteBackup,
  storedBackups,
  sweepPartials,
} from "./edge/store/stored-backups.ts";

export type BackupsDeps = {
  readonly database: string;
  readonly folder: string;
  /** 0: none on a schedule. */
  readonly everyMs: number;
  readonly keep: number;
  readonly log: Logger;
  readonly now: () => number;
  /** `backUp`, in a thread. */
  readonly backUp: (argument: Parameters<typeof backUp>[0]) => ReturnType<typeof backUp>;
};

/** How long after a failed backup the next is tried, and the longest sleep: a machine that slept must notice. In ms. */
const retryMs = 10 * 60_000;
const longestSleepMs = 60 * 60_000;

/** Backups on a schedule and by hand, one at a time; the oldest go when a new one has been verified. */
export class Backups {
  readonly #deps: BackupsDeps;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<BackupReceipt> | undefined;
  #problem: string | undefined;
  #isClosed = false;

  constructor(deps: BackupsDeps) {
    this.#deps = deps;
  }

  /** Why the newest backup failed; undefined when it did not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Age of the last verified backup in ms; null when there is none. */
  get lastAgeMs(): number | null {
    const last = lastVerified(storedBackups(this.#deps.folder));
    return last ? this.#deps.now() - last.madeMs : null;
  }

  start(): void {
    sweepPartials(this.#deps.folder);
    if (this.#deps.everyMs > 0) this.#sleep(this.#dueInMs());
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** One backup now; joins the one that runs. */
  async run(): Promise<BackupReceipt> {
    this.#running ??= this.#make().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #make(): Promise<BackupReceipt> {
    const { database, folder, keep, log, now } = this.#deps;
    try {
      const receipt = await this.#deps.backUp({ database, folder, nowMs: now() });
      for (const { name } of backupsToDelete(storedBackups(folder), keep)) deleteBackup(folder, name);
      this.#problem = undefined;
      log.info({ backup: receipt.name, bytes: receipt.sizeBytes }, "backup made and read back");
      return receipt;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  #dueInMs(): number {
    const { folder, everyMs, now } = this.#deps;
    return nextBackupMs(storedBackups(folder), everyMs, now()) - now();
  }

  #sleep(ms: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#wake(), Math.min(ms, longestSleepMs)).unref();
  }

  async #wake(): Promise<void> {
    if (this.#dueInMs() > 0) return this.#sleep(this.#dueInMs());
    try {
      await this.run();
      this.#sleep(this.#dueInMs());
    } catch (error) {
      if (!this.#isClosed) this.#deps.log.error({ err: error }, "backup failed");
      this.#sleep(retryMs);
    }
  }
}
