import { randomUUID } from "node:crypto";

import type { TurnReport } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";

import { RouterClient } from "./edge/router-client.ts";
import { type ExtractionDeps, extractMemories } from "./extraction.ts";
import type { JobHandler, Jobs } from "./jobs.ts";
import type { Store } from "./store.ts";

/** Nobody asked for so long: the machine is taken for idle, in ms. */
const quietMs = 60_000;
/** A model may have to be loaded first. */
const completionMs = 300_000;

/** Turns that are kept, and read for memories by a local model once it has been quiet for a while. */
export class IdleExtraction {
  readonly #store: Store;
  readonly #model: string;
  #timer: NodeJS.Timeout | undefined;
  #jobs: Jobs | undefined;

  /** `model` is a chat model of the router; empty: turns are refused. */
  constructor(store: Store, model: string) {
    this.#store = store;
    this.#model = model;
  }

  /** Turns that an earlier run of the service left wait as well. */
  start(jobs: Jobs): void {
    this.#jobs = jobs;
    if (this.#model !== "") this.noteActivity();
  }

  /** Somebody uses the machine: extraction waits. */
  noteActivity(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#begin(), quietMs).unref();
  }

  async keep(owner: string, turn: TurnReport): Promise<void> {
    if (this.#model === "")
      throw new AppError(
        "invalid_request",
        "turns are not kept: no model reads them for memories; set EXTRACT_MODEL in .env",
        { param: "save" },
      );
    await this.#store.write.keepTurn({ owner, turn, nowMs: Date.now() });
    this.noteActivity();
  }

  /** The handler of `extract` jobs. */
  handler(routerUrl: string): JobHandler {
    const router = new RouterClient(routerUrl);
    const deps: ExtractionDeps = {
      waitingTurns: this.#store.read.waitingTurns,
      finishTurn: this.#store.write.finishTurn,
      failTurn: this.#store.write.failTurn,
      complete: (messages, schema, signal) =>
        router.complete(
          this.#model,
          messages,
          schema,
          AbortSignal.any([signal, AbortSignal.timeout(completionMs)]),
        ),
      now: Date.now,
    };
    return (_job, { signal, report }) =>
      extractMemories(deps, {
        batch: `extraction_${randomUUID()}`,
        signal,
        report: (done) => report({ done, message: `${done} turns read` }),
      });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #begin(): Promise<void> {
    const waiting = await this.#store.read.waitingTurns({ after: 0, limit: 1 });
    if (waiting.length > 0) await this.#jobs?.create({ owner: undefined, kind: "extract", payload: {} });
  }
}
