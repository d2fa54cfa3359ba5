import { randomBytes } from "node:crypto";

import type Database from "better-sqlite3";

import { AppError } from "@benchai/contract/errors";
import type { JobState, JobViewOf } from "@benchai/contract/jobs";

import { isFinal, type Job, type JobEnd, type JobProgress, type JobTicket, type NewJob } from "./job.ts";

type Db = Database.Database;

/** The tables that these functions work on, for a database that has no owners yet. */
export const jobTables = `
  CREATE TABLE owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
  ) STRICT;
  -- state: queued | running | done | failed | cancelled.
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    owner_id INTEGER REFERENCES owners(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    message TEXT NOT NULL DEFAULT '',
    result TEXT,
    error TEXT,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER
  ) STRICT;
  CREATE INDEX jobs_open ON jobs(state) WHERE state IN ('queued', 'running');`;

/** The functions of a service whose jobs are of these kinds, on its database. */
export function jobRows<Kind extends string>() {
  return {
    createJob: createJob<Kind>,
    claimJob: claimJob<Kind>,
    reportProgress: reportProgress<Kind>,
    endJob: endJob<Kind>,
    cancelJob: cancelJob<Kind>,
    retryJob: retryJob<Kind>,
    listJobs: listJobs<Kind>,
    jobById: jobById<Kind>,
    deleteJob,
    requeueInterrupted,
    waitingJobs,
  };
}

type JobRow<Kind> = {
  readonly id: string;
  readonly owner: string | null;
  readonly kind: Kind;
  readonly state: JobState;
  readonly attempt: number;
  readonly done: number;
  readonly total: number | null;
  readonly message: string;
  readonly result: string | null;
  readonly error: string | null;
  readonly createdMs: number;
  readonly startedMs: number | null;
  readonly finishedMs: number | null;
};

/** Finished jobs that are kept for their owners to look at. */
const keptJobs = 1_000;

/**
 * Writes a job down before anybody is told of it. The same work that already waits is not queued twice: that job is
 * the answer then.
 */
function createJob<Kind extends string>(
  db: Db,
  { owner, kind, payload, nowMs }: NewJob<Kind>,
): JobViewOf<Kind> {
  return db.transaction(() => {
    const owning = owner === undefined ? null : ownerId(db, owner);
    const text = JSON.stringify(payload);
    const waiting = db
      .prepare<unknown[], string>(
        "SELECT public_id FROM jobs WHERE state = 'queued' AND attempt = 0 AND owner_id IS ? AND kind = ? AND payload = ?",
      )
      .pluck()
      .get(owning, kind, text);
    if (waiting !== undefined) return view(rowOf<Kind>(db, waiting));
    const id = `job_${randomBytes(15).toString("base64url")}`;
    db.prepare(
      "INSERT INTO jobs (public_id, owner_id, kind, payload, state, created_ms) VALUES (?, ?, ?, ?, 'queued', ?)",
    ).run(id, owning, kind, text, nowMs);
    return view(rowOf<Kind>(db, id));
  })();
}

/** Takes a waiting job for running; undefined when this attempt was taken, cancelled or done before: a ticket counts once. */
function claimJob<Kind extends string>(
  db: Db,
  { jobId, attempt, nowMs }: JobTicket & { readonly nowMs: number },
): { readonly job: Job<Kind>; readonly view: JobViewOf<Kind> } | undefined {
  const { changes } = db
    .prepare(
      `UPDATE jobs SET state = 'running', attempt = :attempt, error = NULL, started_ms = coalesce(started_ms, :nowMs)
       WHERE public_id = :jobId AND state = 'queued' AND attempt = :attempt - 1`,
    )
    .run({ jobId, attempt, nowMs });
  if (changes === 0) return undefined;
  const row = rowOf<Kind>(db, jobId);
  const { id, owner, kind } = row;
  return { job: { id, owner: owner ?? undefined, kind, payload: payloadOf(db, id) }, view: view(row) };
}

/** Writes down how far a running job is. `done` never goes back. */
function reportProgress<Kind extends string>(
  db: Db,
  { jobId, done, total, message, partial }: JobProgress & { readonly jobId: string },
): JobViewOf<Kind> {
  db.prepare(
    `UPDATE jobs SET done = max(done, :done), total = max(coalesce(:total, total), done, :done), message = :message,
       result = coalesce(:partial, result)
     WHERE public_id = :jobId AND state = 'running'`,
  ).run({
    jobId,
    done,
    total: total ?? null,
    message,
    partial: partial === undefined ? null : JSON.stringify(partial),
  });
  return view(rowOf<Kind>(db, jobId));
}

/** Ends an attempt of a running job. */
function endJob<Kind extends string>(
  db: Db,
  { jobId, end, nowMs }: { readonly jobId: string; readonly end: JobEnd; readonly nowMs: number },
): JobViewOf<Kind> {
  const { state } = end;
  db.prepare(
    `UPDATE jobs SET state = :state, result = :result, error = :error, finished_ms = :finishedMs,
       done = CASE WHEN :state = 'done' THEN coalesce(total, done) ELSE done END
     WHERE public_id = :jobId AND state = 'running'`,
  ).run({
    jobId,
    state,
    result: state === "done" && end.result !== undefined ? JSON.stringify(end.result) : null,
    error: "error" in end ? end.error : null,
    finishedMs: state === "queued" ? null : nowMs,
  });
  if (state !== "queued") forgetOld(db);
  return view(rowOf<Kind>(db, jobId));
}

/** Cancels a job that waits; a running one is left to who runs it. 409 when it has ended. */
function cancelJob<Kind extends string>(
  db: Db,
  { owner, id, nowMs }: { readonly owner: string; readonly id: string; readonly nowMs: number },
): JobViewOf<Kind> {
  return db.transaction(() => {
    const row = ownedRow<Kind>(db, owner, id);
    if (row.state !== "queued" && row.state !== "running")
      throw new AppError("conflict", `job ${id} is ${row.state}: there is nothing to cancel`);
    db.prepare(
      "UPDATE jobs SET state = 'cancelled', finished_ms = ? WHERE public_id = ? AND state = 'queued'",
    ).run(nowMs, id);
    return view(rowOf<Kind>(db, id));
  })();
}

/** Queues a failed or cancelled job once more; 409 for others. */
function retryJob<Kind extends string>(
  db: Db,
  { owner, id }: { readonly owner: string; readonly id: string },
): JobViewOf<Kind> {
  return db.transaction(() => {
    const row = ownedRow<Kind>(db, owner, id);
    if (row.state !== "failed" && row.state !== "cancelled")
      throw new AppError("conflict", `job ${id} is ${row.state}: only failed and cancelled jobs are retried`);
    db.prepare(
      "UPDATE jobs SET state = 'queued', error = NULL, result = NULL, finished_ms = NULL WHERE public_id = ?",
    ).run(id);
    return view(rowOf<Kind>(db, id));
  })();
}

/**
 * At start: what ran when the service ended waits again. A job that was interrupted `maxAttempts` times is taken for
 * what ended the service, and fails.
 */
function requeueInterrupted(
  db: Db,
  { maxAttempts, nowMs }: { readonly maxAttempts: number; readonly nowMs: number },
): void {
  db.transaction(() => {
    db.prepare(
      `UPDATE jobs SET state = 'failed', error = ?, finished_ms = ? WHERE state = 'running' AND attempt >= ?`,
    ).run(
      `the service ended while it ran, ${maxAttempts} times; retry it when the cause is gone`,
      nowMs,
      maxAttempts,
    );
    db.prepare("UPDATE jobs SET state = 'queued' WHERE state = 'running'").run();
  })();
}

/** Tickets of all jobs that wait, oldest first. */
function waitingJobs(db: Db): JobTicket[] {
  return db
    .prepare<[], JobTicket>(
      "SELECT public_id AS jobId, attempt + 1 AS attempt FROM jobs WHERE state = 'queued' ORDER BY id",
    )
    .all();
}

/** The newest of the owner's jobs. */
function listJobs<Kind extends string>(
  db: Db,
  {
    owner,
    limit,
    state,
  }: { readonly owner: string; readonly limit: number; readonly state?: JobState | undefined },
): JobViewOf<Kind>[] {
  return db
    .prepare<unknown[], JobRow<Kind>>(
      `${selectJobs} WHERE o.name = :owner AND (:state IS NULL OR j.state = :state) ORDER BY j.id DESC LIMIT :limit`,
    )
    .all({ owner, limit, state: state ?? null })
    .map(view);
}

/** One job of the owner; 404 when there is none. */
function jobById<Kind extends string>(
  db: Db,
  { owner, id }: { readonly owner: string; readonly id: string },
): JobViewOf<Kind> {
  return view(ownedRow<Kind>(db, owner, id));
}

/** Removes a job of the owner that has ended; 404 when there is none. Its row is all that is known of it. */
function deleteJob(db: Db, { owner, id }: { readonly owner: string; readonly id: string }): void {
  db.transaction(() => {
    const { state } = ownedRow(db, owner, id);
    if (!isFinal({ state }))
      throw new AppError("conflict", `job ${id} is ${state}: cancel it before it is deleted`);
    db.prepare("DELETE FROM jobs WHERE public_id = ?").run(id);
  })();
}

function forgetOld(db: Db): void {
  db.prepare(
    `DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND id <= (SELECT max(id) FROM jobs) - ?`,
  ).run(keptJobs);
}

function ownedRow<Kind extends string>(db: Db, owner: string, id: string): JobRow<Kind> {
  const row = db
    .prepare<[string, string], JobRow<Kind>>(`${selectJobs} WHERE j.public_id = ? AND o.name = ?`)
    .get(id, owner);
  if (row) return row;
  throw new AppError("not_found", `there is no job ${id} among yours`);
}

function rowOf<Kind extends string>(db: Db, id: string): JobRow<Kind> {
  const row = db.prepare<[string], JobRow<Kind>>(`${selectJobs} WHERE j.public_id = ?`).get(id);
  if (row) return row;
  throw new AppError("not_found", `there is no job ${id}`);
}

const selectJobs = `
  SELECT j.public_id AS id, o.name AS owner, j.kind, j.state, j.attempt, j.done, j.total, j.message,
    j.result, j.error, j.created_ms AS createdMs, j.started_ms AS startedMs, j.finished_ms AS finishedMs
  FROM jobs j LEFT JOIN owners o ON o.id = j.owner_id`;

function view<Kind extends string>(row: JobRow<Kind>): JobViewOf<Kind> {
  const result: unknown = row.result === null ? undefined : JSON.parse(row.result);
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    attempt: row.attempt,
    done: row.done,
    message: row.message,
    created_at: isoTime(row.createdMs),
    ...(row.total === null ? {} : { total: row.total }),
    ...(result === undefined ? {} : { result }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.startedMs === null ? {} : { started_at: isoTime(row.startedMs) }),
    ...(row.finishedMs === null ? {} : { finished_at: isoTime(row.finishedMs) }),
  };
}

/** Times in the API are ISO 8601 in UTC. */
function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The row id of an owner, made when the name is new. */
function ownerId(db: Db, name: string): number | undefined {
  db.prepare("INSERT INTO owners (name) VALUES (?) ON CONFLICT (name) DO NOTHING").run(name);
  return db.prepare<[string], number>("SELECT id FROM owners WHERE name = ?").pluck().get(name);
}

/** What a job is about; read only to run it, since it may be large. */
function payloadOf(db: Db, id: string): Record<string, unknown> {
  const text = db.prepare<[string], string>("SELECT payload FROM jobs WHERE public_id = ?").pluck().get(id);
  const value: unknown = JSON.parse(text ?? "{}");
  return value !== null && typeof value === "object" ? { ...value } : {};
}
