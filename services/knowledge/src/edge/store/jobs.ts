import { AppError } from "@benchai/contract/errors";
import type { JobKind, JobState, JobView } from "@benchai/contract/jobs";

import type { Db } from "./open.ts";
import { ownerId } from "./owners.ts";
import { isoTime, jsonObject, publicId, whenSet } from "./rows.ts";

/** A job as it is run. `owner` is undefined for the service's own. */
export type Job = {
  readonly id: string;
  readonly owner: string | undefined;
  readonly kind: JobKind;
  readonly payload: Readonly<Record<string, unknown>>;
};

/** A job that waits: its next attempt is number `attempt`, from 1. */
export type JobTicket = { readonly jobId: string; readonly attempt: number };

/** What a job came to. `queued` again: another attempt follows. */
export type JobEnd =
  | { readonly state: "done"; readonly result: unknown }
  | { readonly state: "failed" | "queued"; readonly error: string }
  | { readonly state: "cancelled" };

export type NewJob = {
  readonly owner: string | undefined;
  readonly kind: JobKind;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
};

type JobRow = {
  readonly id: string;
  readonly owner: string | null;
  readonly kind: JobKind;
  readonly payload: string;
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
export function createJob(db: Db, { owner, kind, payload, nowMs }: NewJob): JobView {
  return db.transaction(() => {
    const owning = owner === undefined ? null : ownerId(db, { name: owner });
    const text = JSON.stringify(payload);
    const waiting = db
      .prepare<unknown[], string>(
        "SELECT public_id FROM jobs WHERE state = 'queued' AND attempt = 0 AND owner_id IS ? AND kind = ? AND payload = ?",
      )
      .pluck()
      .get(owning, kind, text);
    if (waiting !== undefined) return view(rowOf(db, waiting));
    const id = publicId("job");
    db.prepare(
      "INSERT INTO jobs (public_id, owner_id, kind, payload, state, created_ms) VALUES (?, ?, ?, ?, 'queued', ?)",
    ).run(id, owning, kind, text, nowMs);
    return view(rowOf(db, id));
  })();
}

/** Takes a waiting job for running; undefined when this attempt was taken, cancelled or done before: a ticket counts once. */
export function claimJob(
  db: Db,
  { jobId, attempt, nowMs }: JobTicket & { readonly nowMs: number },
): { readonly job: Job; readonly view: JobView } | undefined {
  const { changes } = db
    .prepare(
      `UPDATE jobs SET state = 'running', attempt = :attempt, error = NULL, started_ms = coalesce(started_ms, :nowMs)
       WHERE public_id = :jobId AND state = 'queued' AND attempt = :attempt - 1`,
    )
    .run({ jobId, attempt, nowMs });
  if (changes === 0) return undefined;
  const row = rowOf(db, jobId);
  const { id, owner, kind, payload } = row;
  return { job: { id, owner: owner ?? undefined, kind, payload: jsonObject(payload) }, view: view(row) };
}

/** Writes down how far a running job is. `done` never goes back. */
export function reportProgress(
  db: Db,
  progress: {
    readonly jobId: string;
    readonly done: number;
    readonly total: number | undefined;
    readonly message: string;
  },
): JobView {
  db.prepare(
    `UPDATE jobs SET done = max(done, :done), total = max(coalesce(:total, total), done, :done), message = :message
     WHERE public_id = :jobId AND state = 'running'`,
  ).run({ ...progress, total: progress.total ?? null });
  return view(rowOf(db, progress.jobId));
}

/** Ends an attempt of a running job. */
export function endJob(
  db: Db,
  { jobId, end, nowMs }: { readonly jobId: string; readonly end: JobEnd; readonly nowMs: number },
): JobView {
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
  return view(rowOf(db, jobId));
}

/** Cancels a job that waits; a running one is left to who runs it. 409 when it has ended. */
export function cancelJob(
  db: Db,
  { owner, id, nowMs }: { readonly owner: string; readonly id: string; readonly nowMs: number },
): JobView {
  return db.transaction(() => {
    const row = ownedRow(db, owner, id);
    if (row.state !== "queued" && row.state !== "running")
      throw new AppError("conflict", `job ${id} is ${row.state}: there is nothing to cancel`);
    db.prepare(
      "UPDATE jobs SET state = 'cancelled', finished_ms = ? WHERE public_id = ? AND state = 'queued'",
    ).run(nowMs, id);
    return view(rowOf(db, id));
  })();
}

/** Queues a failed or cancelled job once more; 409 for others. */
export function retryJob(db: Db, { owner, id }: { readonly owner: string; readonly id: string }): JobView {
  return db.transaction(() => {
    const row = ownedRow(db, owner, id);
    if (row.state !== "failed" && row.state !== "cancelled")
      throw new AppError("conflict", `job ${id} is ${row.state}: only failed and cancelled jobs are retried`);
    db.prepare(
      "UPDATE jobs SET state = 'queued', error = NULL, result = NULL, finished_ms = NULL WHERE public_id = ?",
    ).run(id);
    return view(rowOf(db, id));
  })();
}

/**
 * At start: what ran when the service ended waits again. A job that was interrupted `maxAttempts` times is taken for
 * what ended the service, and fails.
 */
export function requeueInterrupted(
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
export function waitingJobs(db: Db): JobTicket[] {
  return db
    .prepare<[], JobTicket>(
      "SELECT public_id AS jobId, attempt + 1 AS attempt FROM jobs WHERE state = 'queued' ORDER BY id",
    )
    .all();
}

/** The newest of the owner's jobs. */
export function listJobs(
  db: Db,
  {
    owner,
    limit,
    state,
  }: { readonly owner: string; readonly limit: number; readonly state?: JobState | undefined },
): JobView[] {
  return db
    .prepare<unknown[], JobRow>(
      `${selectJobs} WHERE o.name = :owner AND (:state IS NULL OR j.state = :state) ORDER BY j.id DESC LIMIT :limit`,
    )
    .all({ owner, limit, state: state ?? null })
    .map(view);
}

/** One job of the owner; 404 when there is none. */
export function jobById(db: Db, { owner, id }: { readonly owner: string; readonly id: string }): JobView {
  return view(ownedRow(db, owner, id));
}

function forgetOld(db: Db): void {
  db.prepare(
    `DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND id <= (SELECT max(id) FROM jobs) - ?`,
  ).run(keptJobs);
}

function ownedRow(db: Db, owner: string, id: string): JobRow {
  const row = db
    .prepare<[string, string], JobRow>(`${selectJobs} WHERE j.public_id = ? AND o.name = ?`)
    .get(id, owner);
  if (row) return row;
  throw new AppError("not_found", `there is no job ${id}; GET /v1/jobs lists yours`);
}

function rowOf(db: Db, id: string): JobRow {
  const row = db.prepare<[string], JobRow>(`${selectJobs} WHERE j.public_id = ?`).get(id);
  if (row) return row;
  throw new AppError("not_found", `there is no job ${id}`);
}

const selectJobs = `
  SELECT j.public_id AS id, o.name AS owner, j.kind, j.payload, j.state, j.attempt, j.done, j.total, j.message,
    j.result, j.error, j.created_ms AS createdMs, j.started_ms AS startedMs, j.finished_ms AS finishedMs
  FROM jobs j LEFT JOIN owners o ON o.id = j.owner_id`;

function view(row: JobRow): JobView {
  const result: unknown = row.result === null ? undefined : JSON.parse(row.result);
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    attempt: row.attempt,
    done: row.done,
    message: row.message,
    created_at: isoTime(row.createdMs),
    ...whenSet("total", row.total),
    ...(result === undefined ? {} : { result }),
    ...whenSet("error", row.error),
    ...(row.startedMs === null ? {} : { started_at: isoTime(row.startedMs) }),
    ...(row.finishedMs === null ? {} : { finished_at: isoTime(row.finishedMs) }),
  };
}
