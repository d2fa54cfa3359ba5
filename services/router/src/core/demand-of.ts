import type { ModelDemand } from "@benchai/contract/demand";

/** A request as demand sees it. */
export type Asker = {
  /** Whether it is at its worker now; otherwise it waits for a turn or for the worker. */
  readonly isSent: boolean;
  /** When it came, in ms of a monotonic clock. */
  readonly sinceMs: number;
};

/** What all requests for one model add up to. */
export function demandOf(askers: Iterable<Asker>, nowMs: number): ModelDemand {
  let inFlight = 0;
  let queued = 0;
  let oldestMs = nowMs;
  for (const asker of askers) {
    if (asker.isSent) inFlight += 1;
    else {
      queued += 1;
      oldestMs = Math.min(oldestMs, asker.sinceMs);
    }
  }
  return { inFlight, queued, oldestWaitMs: nowMs - oldestMs };
}
