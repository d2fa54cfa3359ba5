import { setTimeout as sleep } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";
import type { JobViewOf } from "@benchai/contract/jobs";
import type { Logger } from "@benchai/kernel/log";

import type {
  Dispatcher,
  Job,
  JobEnd,
  JobHandlers,
  JobProgress,
  JobStore,
  JobTicket,
  NewJob,
} from "./job.ts";
import { ProgressWriter } from "./progress-writer.ts";

/** Unexpected errors are tried again after a while; those with a code are answers, and final. */
const attemptsOnErrors = 3;
/** A job that is interrupted this often is what ends the service. */
const attemptsOnCrashes = 20;
const backOffMs = 2_000;
/** Tickets that the queue has lost are found again within this. */
const sweepEveryMs = 15_000;

type Running = { readonly control: AbortController; readonly ended: Promise<void> };

/** Runs jobs. A row exists before anybody is told; the queue only says when, and while it is away jobs wait. */
export class Jobs<Kind extends string> {
  readonly #store: JobStore<Kind>;
  readonly #dispatcher: Dispatcher;
  readonly #handlers: JobHandlers<Kind>;
  readonly #log: Logger;
  readonly #running = new Map<string, Running>();
  readonly #watchers = new Map<string, Set<(view: JobViewOf<Kind>) => void>>();
  readonly #closing = new AbortController();
  #sweeper: Promise<void> | undefined;

  constructor(store: JobStore<Kind>, dispatcher: Dispatcher, handlers: JobHandlers<Kind>, log: Logger) {
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
  async create(job: Omit<NewJob<Kind>, "nowMs">): Promise<JobViewOf<Kind>> {
    const view = await this.#store.createJob({ ...job, nowMs: Date.now() });
    await this.#dispatch({ jobId: view.id, attempt: view.attempt + 1 }, 0);
    return view;
  }

  /** Cancels a waiting job at once, a running one between two of its steps. 404 and 409 as the store says. */
  async cancel(owner: string, id: string): Promise<JobViewOf<Kind>> {
    const view = await this.#store.cancelJob({ owner, id, nowMs: Date.now() });
    this.#running.get(id)?.control.abort(new JobCancelled());
    this.#tell(view);
    return view;
  }

  /** Queues a failed or cancelled job once more. */
  async retry(owner: string, id: string): Promise<JobViewOf<Kind>> {
    const view = await this.#store.retryJob({ owner, id });
    this.#tell(view);
    await this.#dispatch({ jobId: id, attempt: view.attempt + 1 }, 0);
    return view;
  }

  /** Resolves when no attempt at the job is running. */
  async settled(jobId: string): Promise<void> {
    await this.#running.get(jobId)?.ended;
  }

  /** Calls `watcher` with every change of a job until the answer is called. */
  watch(jobId: string, watcher: (view: JobViewOf<Kind>) => void): () => void {
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

  async #attempt(job: Job<Kind>, attempt: number, control: AbortController): Promise<void> {
    const signal = AbortSignal.any([control.signal, this.#closing.signal]);
    const progress = new ProgressWriter(
      async (p) => this.#tell(await this.#store.reportProgress({ jobId: job.id, total: undefined, ...p })),
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
    job: Job<Kind>,
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

  #tell(view: JobViewOf<Kind>): void {
    for (const watcher of this.#watchers.get(view.id) ?? []) watcher(view);
  }
}

class JobCancelled extends Error {
  override readonly name = "JobCancelled";
}
