import { mkdirSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

import { AppError } from "@benchai/contract/errors";
import type { AudioJobKind, AudioJobView, JobState } from "@benchai/contract/jobs";
import type { JobStore } from "@benchai/jobs/job";
import { jobRows, jobTables } from "@benchai/jobs/job-rows";

import { onStorage } from "./storage-fault.ts";

const rows = jobRows<AudioJobKind>();
const schemaVersion = 1;
const retryAfterS = 30;
/** Texts of so many failed and cancelled jobs are kept, so that they can be tried again. */
const keptTexts = 64;

/**
 * The rows of jobs, in a file of their own. What is acknowledged is on the disk (WAL, `synchronous=FULL`), and deleted texts are
 * overwritten. The few small writes are done at once, on the main thread.
 */
export class JobDatabase {
  readonly #db: Database.Database;
  readonly #path: string;
  readonly #maxWaiting: number;

  /** Errors: `storage_full`, `storage_unavailable`, here and everywhere. */
  constructor(folder: string, maxWaiting: number) {
    this.#path = join(folder, "jobs.db");
    this.#maxWaiting = maxWaiting;
    this.#db = onStorage(this.#path, () => {
      mkdirSync(folder, { recursive: true });
      return open(this.#path);
    });
  }

  /** The store that `Jobs` writes to; `queue_full` when too many wait. */
  get store(): JobStore<AudioJobKind> {
    return {
      createJob: async (job) => this.#bounded(() => rows.createJob(this.#db, job)),
      claimJob: async (call) => this.#do(() => rows.claimJob(this.#db, call)),
      reportProgress: async (call) => this.#do(() => rows.reportProgress(this.#db, call)),
      endJob: async (call) =>
        this.#do(() => {
          const view = rows.endJob(this.#db, call);
          this.#forgetTexts();
          return view;
        }),
      cancelJob: async (call) => this.#do(() => rows.cancelJob(this.#db, call)),
      retryJob: async (call) => this.#bounded(() => rows.retryJob(this.#db, call)),
      requeueInterrupted: async (call) => this.#do(() => rows.requeueInterrupted(this.#db, call)),
      waitingJobs: async () => this.#do(() => rows.waitingJobs(this.#db)),
    };
  }

  async listJobs(call: {
    owner: string;
    limit: number;
    state?: JobState | undefined;
  }): Promise<AudioJobView[]> {
    return this.#do(() => rows.listJobs(this.#db, call));
  }

  async jobById(call: { owner: string; id: string }): Promise<AudioJobView> {
    return this.#do(() => rows.jobById(this.#db, call));
  }

  /** Removes the row of a job that has ended, to its last byte. */
  async deleteJob(call: { owner: string; id: string }): Promise<void> {
    this.#do(() => {
      rows.deleteJob(this.#db, call);
      this.#db.pragma("wal_checkpoint(TRUNCATE)");
    });
  }

  /** Whether a result of the job may be there. */
  isDone(id: string): boolean {
    return this.#do(() => this.#count("public_id = ? AND state = 'done'", id) > 0);
  }

  close(): void {
    this.#db.close();
  }

  #do<T>(work: () => T): T {
    return onStorage(this.#path, work);
  }

  #bounded<T>(work: () => T): T {
    return this.#do(() =>
      this.#db.transaction(() => {
        const made = work();
        if (this.#count("state = 'queued'") <= this.#maxWaiting) return made;
        throw new AppError("queue_full", `${this.#maxWaiting} jobs wait already, which is the most`, {
          retryAfterS,
        });
      })(),
    );
  }

  #count(where: string, ...values: readonly string[]): number {
    const count = this.#db.prepare<unknown[], number>(`SELECT count(*) FROM jobs WHERE ${where}`).pluck();
    return count.get(...values) ?? 0;
  }

  /** A text may be large: of a job that is done it is not needed any more, and of others not for ever. */
  #forgetTexts(): void {
    this.#db
      .prepare(
        `UPDATE jobs SET payload = '{}' WHERE payload <> '{}' AND (state = 'done' OR id IN (
           SELECT id FROM jobs WHERE state IN ('failed', 'cancelled') AND payload <> '{}' ORDER BY id DESC LIMIT -1 OFFSET ?))`,
      )
      .run(keptTexts);
  }
}

function open(path: string): Database.Database {
  const db = new Database(path);
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("secure_delete = ON");
    db.pragma("foreign_keys = ON");
    db.pragma("busy_timeout = 2000");
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: Database.Database): void {
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version > schemaVersion)
    throw new AppError("storage_unavailable", "jobs.db was written by a newer version; update BenchAI");
  if (version === schemaVersion) return;
  db.transaction(() => {
    db.exec(jobTables);
    db.pragma(`user_version = ${schemaVersion}`);
  })();
}
