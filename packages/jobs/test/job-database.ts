import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import Database from "better-sqlite3";
import { onTestFinished } from "vitest";

import type { JobStore } from "../src/job.ts";
import { jobRows, jobTables } from "../src/job-rows.ts";

export type TestKind = "index" | "other";
export const rows = jobRows<TestKind>();

/** A folder of the test's own, gone when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "benchai-jobs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A database with nothing but jobs, as a service has it; what another opening left is there. */
export function openJobs(path: string): Database.Database {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  if (db.pragma("user_version", { simple: true }) === 0) db.exec(`${jobTables} PRAGMA user_version = 1;`);
  return db;
}

export function storeOf(db: Database.Database): JobStore<TestKind> {
  return {
    createJob: async (call) => rows.createJob(db, call),
    claimJob: async (call) => rows.claimJob(db, call),
    reportProgress: async (call) => rows.reportProgress(db, call),
    endJob: async (call) => rows.endJob(db, call),
    cancelJob: async (call) => rows.cancelJob(db, call),
    retryJob: async (call) => rows.retryJob(db, call),
    requeueInterrupted: async (call) => rows.requeueInterrupted(db, call),
    waitingJobs: async () => rows.waitingJobs(db),
  };
}
