import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

import { AppError } from "@benchai/contract/errors";
import type { Logger } from "@benchai/kernel/log";

import type { Dispatcher, JobTicket } from "./job.ts";

export type BullOptions = {
  readonly host: string;
  readonly port: number;
  /** Of the queue, and of every key of it: keeps services and stacks apart that share a Valkey. */
  readonly queueName: string;
  readonly prefix: string;
  readonly jobsAtOnce: number;
};

/** A worker that was killed is noticed within both of these together. */
const lockMs = 10_000;
const stalledCheckMs = 5_000;
const longestRetryMs = 5_000;

/**
 * Jobs by BullMQ on Valkey. The queue holds tickets, never work: what a ticket is worth is decided by the job's row,
 * so tickets may get lost or come twice.
 */
export class BullDispatcher implements Dispatcher {
  readonly #options: BullOptions;
  readonly #client: Redis;
  readonly #blockingClient: Redis;
  readonly #log: Logger;
  #queue: Queue<JobTicket> | undefined;
  #worker: Worker<JobTicket> | undefined;

  constructor(options: BullOptions, log: Logger) {
    const { host, port } = options;
    this.#options = options;
    this.#log = log;
    // Calls fail at once while the connection is away: the table keeps the job, and nobody waits.
    this.#client = connect(host, port, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
    // BullMQ's workers wait in a blocking call, which must never give up (docs.bullmq.io, "Connections").
    this.#blockingClient = connect(host, port, { maxRetriesPerRequest: null });
    for (const emitter of [this.#client, this.#blockingClient]) this.#survive(emitter);
    this.#client.on("ready", () => this.#open());
  }

  get isConnected(): boolean {
    return this.#client.status === "ready";
  }

  start(run: (ticket: JobTicket) => Promise<void>, onConnected: () => void): void {
    const { queueName, prefix, jobsAtOnce } = this.#options;
    this.#worker = new Worker(queueName, async ({ data }) => run(data), {
      connection: this.#blockingClient,
      prefix,
      concurrency: jobsAtOnce,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      // The row bounds attempts; a ticket that stalls is only brought again.
      maxStalledCount: 1_000,
    });
    this.#survive(this.#worker);
    this.#client.on("ready", onConnected);
    if (this.isConnected) onConnected();
  }

  async dispatch({ jobId, attempt }: JobTicket, delayMs: number): Promise<void> {
    if (!this.isConnected || !this.#queue) throw new AppError("queue_unavailable", "valkey is away");
    await this.#queue.add(
      "job",
      { jobId, attempt },
      {
        // A kept job of this id would make BullMQ ignore the new one (bullmq#1337): none is kept, and each attempt has its own.
        jobId: `${jobId}-${attempt}`,
        removeOnComplete: true,
        removeOnFail: true,
        delay: delayMs,
      },
    );
  }

  async close(): Promise<void> {
    await this.#worker?.close(!this.isConnected);
    await this.#queue?.close();
    this.#client.disconnect();
    this.#blockingClient.disconnect();
  }

  /** Only now: a queue made on a connection that is not open yet asks it for its version, fails, and stays useless. */
  #open(): void {
    if (this.#queue) return;
    const { queueName, prefix } = this.#options;
    this.#queue = new Queue(queueName, { connection: this.#client, prefix });
    this.#survive(this.#queue);
  }

  /** Connections come and go: /readyz says so, and an emitter without a listener would end the process. */
  #survive(emitter: Pick<NodeJS.EventEmitter, "on">): void {
    emitter.on("error", (error: Error) => this.#log.debug({ err: error }, "queue"));
  }
}

function connect(host: string, port: number, options: object): Redis {
  return new Redis({
    host,
    port,
    ...options,
    retryStrategy: (tries) => Math.min(100 * 2 ** tries, longestRetryMs),
  });
}
