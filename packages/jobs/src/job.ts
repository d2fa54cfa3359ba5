import type { JobViewOf } from "@benchai/contract/jobs";

/** A job as it is run. `owner` is undefined for the service's own. */
export type Job<Kind extends string> = {
  readonly id: string;
  readonly owner: string | undefined;
  readonly kind: Kind;
  readonly payload: Readonly<Record<string, unknown>>;
};

/** A job that waits: its next attempt is number `attempt`, from 1. */
export type JobTicket = { readonly jobId: string; readonly attempt: number };

/** What a job came to. `queued` again: another attempt follows. */
export type JobEnd =
  | { readonly state: "done"; readonly result: unknown }
  | { readonly state: "failed" | "queued"; readonly error: string }
  | { readonly state: "cancelled" };

export type NewJob<Kind extends string> = Omit<Job<Kind>, "id"> & { readonly nowMs: number };

/** How far a job is. `partial` is what there is of its result already. */
export type JobProgress = {
  readonly done: number;
  readonly total?: number | undefined;
  readonly message: string;
  readonly partial?: unknown;
};

/** The truth about jobs: a row for each, written through the store. Everything is durable when it resolves. */
export type JobStore<Kind extends string> = {
  createJob(job: NewJob<Kind>): Promise<JobViewOf<Kind>>;
  claimJob(
    call: JobTicket & { nowMs: number },
  ): Promise<{ job: Job<Kind>; view: JobViewOf<Kind> } | undefined>;
  reportProgress(call: JobProgress & { jobId: string; total: number | undefined }): Promise<JobViewOf<Kind>>;
  endJob(call: { jobId: string; end: JobEnd; nowMs: number }): Promise<JobViewOf<Kind>>;
  cancelJob(call: { owner: string; id: string; nowMs: number }): Promise<JobViewOf<Kind>>;
  retryJob(call: { owner: string; id: string }): Promise<JobViewOf<Kind>>;
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

/** Does a kind of job; what it returns is the job's result. It ends soon after `signal` aborts, and may run again. */
export type JobHandler<Kind extends string> = (
  job: Job<Kind>,
  control: { readonly signal: AbortSignal; readonly report: (progress: JobProgress) => void },
) => Promise<unknown>;

export type JobHandlers<Kind extends string> = Readonly<Record<Kind, JobHandler<Kind>>>;

/** Whether a job has ended. */
export function isFinal({ state }: Pick<JobViewOf<string>, "state">): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}
