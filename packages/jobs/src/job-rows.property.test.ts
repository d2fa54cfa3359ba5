import fc from "fast-check";
import { expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";
import type { JobState } from "@benchai/contract/jobs";

import { openJobs, rows } from "../test/job-database.ts";
import { isFinal, type JobEnd } from "./job.ts";

const owners = ["ann", "bob"] as const;
const ends: readonly JobEnd[] = [
  { state: "done", result: 1 },
  { state: "failed", error: "no" },
  { state: "queued", error: "again" },
  { state: "cancelled" },
];
const move = fc.record({
  kind: fc.constantFrom("create", "claim", "progress", "end", "cancel", "retry", "delete", "restart"),
  /** Which job, which owner asks, and what else a move has to choose. */
  job: fc.nat(5),
  owner: fc.constantFrom(...owners),
  n: fc.nat(9),
});

type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;
type Known = { id: string; owner: string; state: JobState; attempt: number; done: number };

/** What a move must come to, told without the database; undefined: the store refuses it. */
function expected(known: Known, { kind, owner, n }: { kind: string; owner: string; n: number }) {
  const { state, attempt } = known;
  const isOwn = owner === known.owner;
  switch (kind) {
    case "claim":
      return state === "queued" && n % 3 !== 0 ? { state: "running" as const, attempt: attempt + 1 } : {};
    case "progress":
      return state === "running" ? { done: Math.max(known.done, n) } : {};
    case "end":
      return state === "running" ? { state: ends[n % 4]?.state ?? state } : {};
    case "cancel":
      if (!isOwn || isFinal({ state })) return undefined;
      return state === "queued" ? { state: "cancelled" as const } : {};
    case "retry":
      return isOwn && (state === "failed" || state === "cancelled")
        ? { state: "queued" as const }
        : undefined;
    default:
      return isOwn && isFinal({ state }) ? {} : undefined;
  }
}

function play(db: ReturnType<typeof openJobs>, known: Known, { kind, owner, n }: Move): void {
  const { id: jobId, attempt } = known;
  const call = { owner, id: jobId };
  if (kind === "claim") {
    // A third of the tickets are old ones, or of an attempt that is still to come.
    const ticket = { jobId, attempt: n % 3 === 0 ? attempt + (n % 2 === 0 ? 0 : 2) : attempt + 1, nowMs: 1 };
    rows.claimJob(db, ticket);
  } else if (kind === "progress") rows.reportProgress(db, { jobId, done: n, total: 5, message: "" });
  else if (kind === "end") rows.endJob(db, { jobId, end: ends[n % 4] ?? { state: "cancelled" }, nowMs: 2 });
  else if (kind === "cancel") rows.cancelJob(db, { ...call, nowMs: 3 });
  else if (kind === "retry") rows.retryJob(db, call);
  else rows.deleteJob(db, call);
}

test("whatever happens in whatever order, a ticket counts once, progress never goes back, and no job is lost or another owner's", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const db = openJobs(":memory:");
      const jobs: Known[] = [];
      for (const [i, one] of moves.entries()) {
        if (one.kind === "create") {
          const view = rows.createJob(db, { owner: one.owner, kind: "index", payload: { i }, nowMs: 0 });
          jobs.push({ id: view.id, owner: one.owner, state: "queued", attempt: 0, done: 0 });
        } else if (one.kind === "restart") {
          rows.requeueInterrupted(db, { maxAttempts: 1_000, nowMs: 0 });
          for (const job of jobs.filter(({ state }) => state === "running")) job.state = "queued";
        } else {
          const known = jobs[one.job];
          if (!known) continue;
          const change = expected(known, one);
          if (!change) expect(() => play(db, known, one)).toThrow(AppError);
          else play(db, known, one);
          // A job that is done counts as whole.
          if (change?.state === "done") known.done = rows.jobById(db, known).done;
          Object.assign(known, change);
          if (one.kind === "delete" && change) jobs.splice(jobs.indexOf(known), 1);
        }
        for (const { id, owner, ...rest } of jobs)
          expect(rows.jobById(db, { owner, id })).toMatchObject(rest);
        for (const owner of owners)
          expect(rows.listJobs(db, { owner, limit: 100 }).map(({ id }) => id)).toEqual(
            jobs
              .filter((job) => job.owner === owner)
              .map(({ id }) => id)
              .toReversed(),
          );
        expect(rows.waitingJobs(db)).toEqual(
          jobs
            .filter(({ state }) => state === "queued")
            .map(({ id, attempt }) => ({ jobId: id, attempt: attempt + 1 })),
        );
      }
      db.close();
    }),
    { numRuns: 100 },
  );
});
