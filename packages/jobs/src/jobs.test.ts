import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { AppError } from "@benchai/contract/errors";
import type { JobViewOf } from "@benchai/contract/jobs";
import { InProcessDispatcher } from "@benchai/fakes/in-process-dispatcher";
import { createLogger } from "@benchai/kernel/log";

import { openJobs, rows, storeOf, temporaryFolder, type TestKind } from "../test/job-database.ts";
import type { JobHandler } from "./job.ts";
import { Jobs } from "./jobs.ts";

type JobView = JobViewOf<TestKind>;

const { claimJob, createJob, jobById, reportProgress, requeueInterrupted, waitingJobs } = rows;
const idle: JobHandler<TestKind> = async () => undefined;

/** Jobs of which `index` ones do what the test says. */
function rig(index: JobHandler<TestKind>, path = join(temporaryFolder(), "jobs.db")) {
  const db = openJobs(path);
  const queue = new InProcessDispatcher();
  const handlers = { index, other: idle };
  const jobs = new Jobs(storeOf(db), queue, handlers, createLogger("test", "silent"));
  onTestFinished(async () => {
    await jobs.close();
    db.close();
  });
  const stateOf = (id: string) => jobById(db, { owner: "ann", id });
  const create = (payload = {}) => jobs.create({ owner: "ann", kind: "index", payload });
  const ended = async (id: string, state: JobView["state"]) => {
    await expect.poll(() => stateOf(id).state).toBe(state);
    return stateOf(id);
  };
  return { db, path, queue, jobs, create, stateOf, ended };
}

describe("jobs", () => {
  it("run to their end and keep their result; watchers see every change", async () => {
    const { jobs, create, ended } = rig(async ({ payload }, { report }) => {
      report({ done: 3, total: 3, message: "three" });
      return { doubled: Number(payload["n"]) * 2 };
    });
    const { id } = await create({ n: 21 });
    const seen: JobView[] = [];
    jobs.watch(id, (view) => seen.push(view));
    await jobs.start();
    expect(await ended(id, "done")).toMatchObject({ result: { doubled: 42 }, done: 3, total: 3, attempt: 1 });
    expect(seen.map((v) => v.state)).toEqual(["running", "running", "done"]);
  });

  it("wait in their rows while the queue is away, and run when it is back (S57)", async () => {
    const { queue, jobs, create, stateOf, ended } = rig(idle);
    queue.isConnected = false;
    await jobs.start();
    const { id } = await create();
    expect(stateOf(id).state).toBe("queued");
    queue.reconnect();
    await ended(id, "done");
  });

  it("that wait to do the same are one job", async () => {
    const { create } = rig(idle);
    expect((await create({ source_id: 1 })).id).toBe((await create({ source_id: 1 })).id);
    expect((await create({ source_id: 1 })).id).not.toBe((await create({ source_id: 2 })).id);
  });

  it("run once, however often their ticket comes", async () => {
    let runs = 0;
    const { queue, jobs, create, ended } = rig(async () => {
      runs += 1;
    });
    await jobs.start();
    const { id } = await create();
    await ended(id, "done");
    await Promise.all([1, 2].map((attempt) => queue.bringAgain({ jobId: id, attempt })));
    expect(runs).toBe(1);
  });

  it("fail at once on an answer, and after three attempts on anything else", async () => {
    const { jobs, create, ended } = rig(async ({ payload }) => {
      if (payload["typed"] === true) throw new AppError("storage_unavailable", "the folder is away");
      throw new TypeError("a bug with a secret in it");
    });
    await jobs.start();
    const typed = await create({ typed: true });
    const untyped = await create({});
    expect(await ended(typed.id, "failed")).toMatchObject({
      attempt: 1,
      error: "storage_unavailable: the folder is away",
    });
    const view = await ended(untyped.id, "failed");
    expect(view.attempt).toBe(3);
    expect(view.error).not.toContain("secret");
  });

  it("are cancelled while they wait and while they run, and can be retried", async () => {
    let mayEnd = false;
    const { jobs, create, ended } = rig(async (_job, { signal }) => {
      if (mayEnd) return;
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const waiting = await create({ n: 1 });
    expect((await jobs.cancel("ann", waiting.id)).state).toBe("cancelled");
    await jobs.start();
    const running = await create({ n: 2 });
    await ended(running.id, "running");
    await jobs.cancel("ann", running.id);
    await ended(running.id, "cancelled");
    await expect(jobs.cancel("ann", running.id)).rejects.toMatchObject({ code: "conflict" });
    await expect(jobs.retry("bob", running.id)).rejects.toMatchObject({ code: "not_found" });
    mayEnd = true;
    await jobs.retry("ann", running.id);
    expect((await ended(running.id, "done")).attempt).toBe(2);
  });

  it("go on after the service was killed, and their progress never goes back", async () => {
    const path = join(temporaryFolder(), "jobs.db");
    const dead = openJobs(path);
    const { id } = createJob(dead, { owner: "ann", kind: "index", payload: {}, nowMs: 0 });
    claimJob(dead, { jobId: id, attempt: 1, nowMs: 0 });
    reportProgress(dead, { jobId: id, done: 70, total: 100, message: "" });
    dead.close();
    const { jobs, ended } = rig(
      async (_job, { report }) => report({ done: 10, total: 90, message: "again" }),
      path,
    );
    const seen: number[] = [];
    jobs.watch(id, (view) => seen.push(view.done));
    await jobs.start();
    expect(await ended(id, "done")).toMatchObject({ attempt: 2, done: 90 });
    expect(seen).toEqual([70, 70, 90]);
  });

  it("that interrupt the service again and again are given up", () => {
    const db = openJobs(join(temporaryFolder(), "jobs.db"));
    const { id } = createJob(db, { owner: "ann", kind: "index", payload: {}, nowMs: 0 });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      claimJob(db, { jobId: id, attempt, nowMs: 0 });
      requeueInterrupted(db, { maxAttempts: 3, nowMs: 0 });
    }
    expect(jobById(db, { owner: "ann", id })).toMatchObject({ state: "failed" });
    expect(waitingJobs(db)).toEqual([]);
    db.close();
  });

  it("interrupted by the service's own end go on at its next start", async () => {
    const { jobs, create, stateOf, ended } = rig(
      (_job, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    await jobs.start();
    const { id } = await create();
    await ended(id, "running");
    await jobs.close();
    expect(stateOf(id).state).toBe("running");
  });

  it("tell of the result what there is of it already, and lose that when they fail", async () => {
    const { jobs, create, ended } = rig(async ({ payload }, { report }) => {
      report({ done: 1, message: "", partial: { pages: 1 } });
      if (payload["fails"] === true) throw new AppError("storage_full", "no room");
      return { pages: 2 };
    });
    const { id } = await create({});
    const seen: unknown[] = [];
    jobs.watch(id, ({ result }) => seen.push(result));
    await jobs.start();
    await ended(id, "done");
    expect(seen).toEqual([undefined, { pages: 1 }, { pages: 2 }]);
    const failing = await create({ fails: true });
    expect(await ended(failing.id, "failed")).not.toHaveProperty("result");
  });

  it("are deleted when they have ended, by their owner alone; `settled` waits for an end", async () => {
    const { db, jobs, create, ended, stateOf } = rig(
      (_job, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    await jobs.start();
    const { id } = await create();
    await ended(id, "running");
    expect(() => rows.deleteJob(db, { owner: "ann", id })).toThrow(/cancel it/u);
    await jobs.cancel("ann", id);
    await jobs.settled(id);
    expect(stateOf(id).state).toBe("cancelled");
    expect(() => rows.deleteJob(db, { owner: "bob", id })).toThrow(/no job/u);
    rows.deleteJob(db, { owner: "ann", id });
    expect(() => stateOf(id)).toThrow(/no job/u);
  });
});
