import { type Dispatcher, Pool } from "undici";

import type { WorkerEndpoint } from "@benchai/contract/models";

import { callKinds } from "../core/call-kinds.ts";
import type { Call } from "../core/call.ts";

type Worker = {
  readonly pool: Pool;
  readonly basePath: string;
  readonly fixedHeaders: readonly string[];
};

/** How long a connection to a worker may take to open, in ms: it is on this machine's network or near. */
const connectTimeoutMs = 3_000;

/** The connections to the workers, one pool for each generation, closed when the generation is gone. */
export class Workers {
  readonly #workers = new Map<string, Worker>();
  /** Generations not to use now, and until when, in ms of `performance.now()`. */
  readonly #avoided = new Map<string, number>();

  /** Sends a call's bytes, as they came, with a fixed set of headers (SECURITY B8). */
  send(
    endpoint: WorkerEndpoint,
    call: Call,
    body: Uint8Array,
    requestId: string,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const { pool, basePath, fixedHeaders } = this.#workerOf(endpoint);
    const accept = call.isStream ? "text/event-stream" : "application/json";
    pool.dispatch(
      {
        method: "POST",
        path: basePath + callKinds[call.kind].path,
        headers: [
          ...fixedHeaders,
          "content-type",
          call.contentType,
          "accept",
          accept,
          "x-request-id",
          requestId,
        ],
        body,
      },
      handler,
    );
  }

  /** Uses a generation no more for `ms`, because it just failed and the controller may not know yet. */
  avoid(generation: string, ms: number): void {
    this.#avoided.set(generation, performance.now() + ms);
  }

  /** How long a generation is still avoided, in ms; 0 when it may be used. */
  avoidedForMs(generation: string): number {
    const untilMs = this.#avoided.get(generation);
    return untilMs === undefined ? 0 : Math.max(0, untilMs - performance.now());
  }

  /** Forgets every generation that is not in use any more; its running answers still end. */
  keepOnly(generations: ReadonlySet<string>): void {
    for (const generation of this.#avoided.keys())
      if (!generations.has(generation)) this.#avoided.delete(generation);
    for (const [generation, worker] of this.#workers) {
      if (generations.has(generation)) continue;
      this.#workers.delete(generation);
      void worker.pool.close().catch(() => undefined);
    }
  }

  /** Breaks every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers.values()].map(({ pool }) => pool.destroy()));
    this.#workers.clear();
  }

  #workerOf(endpoint: WorkerEndpoint): Worker {
    const known = this.#workers.get(endpoint.generation);
    if (known) return known;
    const url = new URL(endpoint.url);
    const worker = {
      pool: new Pool(url.origin, {
        connections: null,
        pipelining: 1,
        allowH2: false,
        connectTimeout: connectTimeoutMs,
        // Deadlines are the attempt's: they know whether it is the worker or the client that is slow.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
      basePath: url.pathname.replace(/\/+$/, ""),
      fixedHeaders: ["authorization", `Bearer ${endpoint.apiKey}`],
    };
    this.#workers.set(endpoint.generation, worker);
    return worker;
  }
}
