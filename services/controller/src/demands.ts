import type { DemandReport, ModelDemand } from "@benchai/contract/demand";

import { type ReceivedReport, stillRelevant, totalDemand } from "./core/demand.ts";

/** The newest report of each router. Lost with the process: routers renew theirs every second. */
export class Demands {
  readonly #byRouter = new Map<string, ReceivedReport>();

  /** Returns whether the set of needed models changed, so that a look is worth its while. */
  put(report: DemandReport, nowMs: number): boolean {
    const before = shape(this.#byRouter.get(report.routerId)?.report);
    this.#byRouter.set(report.routerId, { report, receivedAtMs: nowMs });
    return shape(report) !== before;
  }

  total(nowMs: number): Map<string, ModelDemand> {
    const kept = stillRelevant([...this.#byRouter.values()], nowMs);
    for (const [id, r] of this.#byRouter) if (!kept.includes(r)) this.#byRouter.delete(id);
    return totalDemand(kept, nowMs);
  }
}

function shape(report: DemandReport | undefined): string {
  const needed = Object.entries(report?.models ?? {}).filter(([, d]) => d.inFlight + d.queued > 0);
  return needed
    .map(([model, d]) => `${model}${d.inFlight > 0}${d.queued > 0}`)
    .toSorted()
    .join();
}
