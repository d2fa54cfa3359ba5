import { setTimeout as sleep } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";
import type { JobKind, JobView } from "@benchai/contract/jobs";
import type { Logger } from "@benchai/kernel/log";

import type { Job, JobEnd, JobTicket, NewJob } from "./edge/store/jobs.ts";

/** The truth about jobs: a row for each, written through the store. Everything is durable when it resolves. */
export type JobStore = {
  createJob(job: NewJob): Promise<JobView>;
  claimJob(call: JobTicket & { nowMs: number }): Promise<{ job: Job; view: JobView } | undefined>;
  reportProgress(call: {
    jobId: string;
    done: number;
    total: number | undefined;
    message: string;
  }): Promise<JobView>;
  endJob(call: { jobId: string; end: JobEnd; nowMs: number }): Promise<JobView>;
  cancelJob(call: { owner: string; id: string; nowMs: number }): Promise<JobView>;
  retryJob(call: { owner: string; id: string }): Promise<JobView>;
  requeueInterrupted(call: { maxAttempts: number; nowMs: number }): Promise<unknown>;
  waitingJobs(): Promise<readonly JobTicket[]>;
};

/** Brings tickets to `run`, each at least once; a ticket that comes twice does no harm. */
export type Dispatcher = {
  /** Rejects when the queue is away. The same ticket twice is one. */
  dispatch(ticket: JobTicket, delayMs: number): Promise<void>;
  /** `onConnected` is called whenever the queue can be reached (again). */
  start(run: (ticket: JobTicket) => Promise<void>, onConnected: () => void): void;
  readonly isConnected: boolean;
  close(): Promise<void>;
};

type JobProgress = {
  readonly done: number;
  readonly total?: number | undefined;
  readonly message: string;
};

/** Does a kind of job; what it returns is the job's result. It ends soon after `signal` aborts, and may run again. */
export type JobHandler = (
  job: Job,
  control: { readonly signal: AbortSignal; readonly report: (progress: JobProgress) => void },
) => Promise<unknown>;

export type JobHandlers = Readonly<Record<JobKind, JobHandler>>;

/** Unexpected errors are tried again after a while; those with a code are answers, and final. */
const attemptsOnErrors = 3;
/** A job that is interrupted this often is what ends the service. */
const attemptsOnCrashes = 20;
const backOffMs = 2_000;
/** Rows are written this often at most, and watchers told with them. */
const progressEveryMs = 250;
/** Tickets that the queue has lost are found again within this. */
const sweepEveryMs = 15_000;

type Running = { readonly control: AbortController; readonly ended: Promise<void> };

/** Runs jobs. A row exists before anybody is told; the queue only says when, and while it is away jobs wait. */
export class Jobs {
  readonly #store: JobStore;
  readonly #dispatcher: Dispatcher;
  readonly #handlers: JobHandlers;
  readonly #log: Logger;
  readonly #running = new Map<string, Running>();
  readonly #watchers = new Map<string, Set<(view: JobView) => void>>();
  readonly #closing = new AbortController();
  #sweeper: Promise<void> | undefined;

  constructor(store: JobStore, dispatcher: Dispatcher, handlers: JobHandlers, log: Logger) {
    this.#store = store;
    this.#dispatcher = dispatcher;
    this.#handlers = handlers;
    this.#log = log;
  }

  /** Takes up what the last run of the service left, and begins to run jobs. */
  async start(): Promise<void> {
    await this.#store.requeueInterrupted({ maxAttempts: attemptsOnCrashes, nowMs: Date.now() });
    this.#dispatcher.start(
      (ticket) => this.#run(ticket),
      () => void this.#sweep(),
    );
    this.#sweeper = this.#sweepForEver();
  }

  /** Interrupts what runs: it waits in its row, and goes on at the next start. */
  async close(): Promise<void> {
    this.#closing.abort(new AppError("shutting_down", "the service ends; the job goes on at its next start"));
    await this.#sweeper;
    await Promise.all([...this.#running.values()].map((r) => r.ended));
    await this.#dispatcher.close();
  }

  get isQueueConnected(): boolean {
    return this.#dispatcher.isConnected;
  }

  /** A new job, or the one that waits to do the same. Durable when this resolves, also while the queue is away. */
  async create(job: Omit<NewJob, "nowMs">): Promise<JobView> {
    const view = await this.#store.createJob({ ...job, nowMs: Date.now() });
    await this.#dispatch({ jobId: view.id, attempt: view.attempt + 1 }, 0);
    return view;
  }

  /** Cancels a waiting job at once, a running one between two of its steps. 404 and 409 as the store says. */
  async cancel(owner: string, id: string): Promise<JobView> {
    const view = await this.#store.cancelJob({ owner, id, nowMs: Date.now() });
    this.#running.get(id)?.control.abort(new JobCancelled());
    this.#tell(view);
    return view;
  }

  /** Queues a failed or cancelled job once more. */
  async retry(owner: string, id: string): Promise<JobView> {
    const view = await this.#store.retryJob({ owner, id });
    this.#tell(view);
    await this.#dispatch({ jobId: id, attempt: view.attempt + 1 }, 0);
    return view;
  }

  /** Calls `watcher` with every change of a job until the answer is called. */
  watch(jobId: string, watcher: (view: JobView) => void): () => void {
    const watchers = this.#watchers.get(jobId) ?? new Set();
    this.#watchers.set(jobId, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(jobId);
    };
  }

  async #run(ticket: JobTicket): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const claimed = await this.#store.claimJob({ ...ticket, nowMs: Date.now() });
    if (!claimed) return;
    const { job, view } = claimed;
    const control = new AbortController();
    const ended = this.#attempt(job, view.attempt, control);
    this.#running.set(job.id, { control, ended: ended.catch(() => undefined) });
    this.#tell(view);
    try {
      await ended;
    } finally {
      this.#running.delete(job.id);
    }
  }

  async #attempt(job: Job, attempt: number, control: AbortController): Promise<void> {
    const signal = AbortSignal.any([control.signal, this.#closing.signal]);
    const progress = new ProgressWriter(
      async (p) => this.#tell(await this.#store.reportProgress({ jobId: job.id, ...p })),
      (error) => this.#log.warn({ err: error, job: job.id }, "progress was not written"),
    );
    const end = await this.#endOf(job, attempt, signal, progress);
    await progress.flush();
    // A job that the service's own end interrupts stays `running` in its row, like after a crash.
    if (!end) return;
    this.#tell(await this.#store.endJob({ jobId: job.id, end, nowMs: Date.now() }));
    if (end.state === "queued")
      await this.#dispatch({ jobId: job.id, attempt: attempt + 1 }, backOffMs * 2 ** (attempt - 1));
  }

  async #endOf(
    job: Job,
    attempt: number,
    signal: AbortSignal,
    progress: ProgressWriter,
  ): Promise<JobEnd | undefined> {
    try {
      const control = { signal, report: (p: JobProgress) => progress.report(p) };
      return { state: "done", result: await this.#handlers[job.kind](job, control) };
    } catch (error) {
      if (this.#closing.signal.aborted) return undefined;
      if (signal.aborted) return { state: "cancelled" };
      if (error instanceof AppError) return { state: "failed", error: `${error.code}: ${error.message}` };
      this.#log.error({ err: error, job: job.id, kind: job.kind, attempt }, "job failed");
      const reason = "internal error; the service's log has the details";
      return { state: attempt < attemptsOnErrors ? "queued" : "failed", error: reason };
    }
  }

  async #sweepForEver(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#sweep();
      await sleep(sweepEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Dispatches whatever waits in the table; what the queue has already is not queued twice. */
  async #sweep(): Promise<void> {
    if (!this.#dispatcher.isConnected || this.#closing.signal.aborted) return;
    try {
      for (const ticket of await this.#store.waitingJobs()) await this.#dispatch(ticket, 0);
    } catch (error) {
      this.#log.warn({ err: error }, "waiting jobs could not be looked for");
    }
  }

  /** A ticket that the queue does not take now is found by the next sweep. */
  async #dispatch(ticket: JobTicket, delayMs: number): Promise<void> {
    await this.#dispatcher
      .dispatch(ticket, delayMs)
      .catch((error: unknown) =>
        this.#log.warn({ err: error, job: ticket.jobId }, "the queue is away: the job waits"),
      );
  }

  #tell(view: JobView): void {
    for (const watcher of this.#watchers.get(view.id) ?? []) watcher(view);
  }
}

class JobCancelled extends Error {
  override readonly name = "JobCancelled";
}

/** Writes the newest progress, one write at a time and not too often. A write that fails is no reason to fail the job. */
class ProgressWriter {
  readonly #write: (progress: { done: number; total: number | undefined; message: string }) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #newest: JobProgress | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isBusy = false;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    write: (progress: { done: number; total: number | undefined; message: string }) => Promise<void>,
    failed: (error: unknown) => void,
  ) {
    this.#write = write;
    this.#failed = failed;
  }

  report(progress: JobProgress): void {
    this.#newest = progress;
    if (!this.#isBusy && performance.now() - this.#lastMs >= progressEveryMs)
      this.#writing = this.#writeNewest();
  }

  /** Writes what was held back. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#writeNewest();
  }

  async #writeNewest(): Promise<void> {
    const progress = this.#newest;
    if (!progress) return;
    this.#newest = undefined;
    this.#isBusy = true;
    this.#lastMs = performance.now();
    await this.#write({ ...progress, total: progress.total }).catch(this.#failed);
    this.#isBusy = false;
  }
}
