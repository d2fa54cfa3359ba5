import { randomUUID } from "node:crypto";

import type { TurnReport } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";
import type { Logger } from "@benchai/kernel/log";

import type { RouterClient } from "./edge/router-client.ts";
import { type ExtractionDeps, extractMemories } from "./extraction.ts";
import type { JobKind } from "@benchai/contract/jobs";
import type { JobHandler } from "@benchai/jobs/job";
import type { Jobs } from "@benchai/jobs/jobs";
import type { Store } from "./store.ts";

/** Nobody chatted for so long: the machine is taken for idle, in ms. */
const idleAfterMs = 60_000;
/** A model may have to be loaded first. */
const completionMs = 300_000;
const askMs = 5_000;
/** How long after a run turns are looked for that it left: a model that was not there may be by then. */
const againAfterMs = 600_000;

type TurnStore = {
  readonly read: Pick<Store["read"], "waitingTurns">;
  readonly write: Pick<Store["write"], "keepTurn" | "finishTurn" | "failTurn">;
};

/** Turns that are kept, and read for memories by a local model once nobody has chatted for a while. */
export class IdleExtraction {
  readonly #store: TurnStore;
  readonly #router: Pick<RouterClient, "complete" | "quietMs">;
  readonly #model: string;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #jobs: Pick<Jobs<JobKind>, "create"> | undefined;
  #isClosed = false;

  /** `model` is a chat model of the router; empty: turns are refused. */
  constructor(
    store: TurnStore,
    router: Pick<RouterClient, "complete" | "quietMs">,
    model: string,
    log: Logger,
  ) {
    this.#store = store;
    this.#router = router;
    this.#model = model;
    this.#log = log;
  }

  /** Turns that an earlier run of the service left wait as well. */
  start(jobs: Pick<Jobs<JobKind>, "create">): void {
    this.#jobs = jobs;
    if (this.#model !== "") this.#lookIn(idleAfterMs);
  }

  async keep(owner: string, turn: TurnReport): Promise<void> {
    if (this.#model === "")
      throw new AppError(
        "invalid_request",
        "turns are not kept: no model reads them for memories; set EXTRACT_MODEL in .env",
        { param: "save" },
      );
    await this.#store.write.keepTurn({ owner, turn, nowMs: Date.now() });
    this.#lookIn(idleAfterMs);
  }

  /** The handler of `extract` jobs. */
  handler(): JobHandler<JobKind> {
    const deps: ExtractionDeps = {
      waitingTurns: this.#store.read.waitingTurns,
      finishTurn: this.#store.write.finishTurn,
      failTurn: this.#store.write.failTurn,
      complete: (messages, schema, signal) =>
        this.#router.complete(
          this.#model,
          messages,
          schema,
          AbortSignal.any([signal, AbortSignal.timeout(completionMs)]),
        ),
      now: Date.now,
    };
    return async (_job, { signal, report }) => {
      try {
        return await extractMemories(deps, {
          batch: `extraction_${randomUUID()}`,
          signal,
          report: (done) => report({ done, message: `${done} turns read` }),
        });
      } finally {
        this.#lookIn(againAfterMs);
      }
    };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), ms).unref();
  }

  /** Begins when turns wait and the router has been quiet for long enough; comes again when it has not. */
  async #look(): Promise<void> {
    try {
      if ((await this.#store.read.waitingTurns({ after: 0, limit: 1 })).length === 0) return;
      const quietMs = await this.#router.quietMs(AbortSignal.timeout(askMs));
      if (quietMs < idleAfterMs) return this.#lookIn(idleAfterMs - quietMs);
      await this.#jobs?.create({ owner: undefined, kind: "extract", payload: {} });
    } catch (error) {
      this.#log.debug({ err: error }, "whether the machine is idle could not be told");
      this.#lookIn(idleAfterMs);
    }
  }
}
