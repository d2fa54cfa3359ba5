import type { DemandReport, ModelDemand } from "@benchai/contract/demand";
import { demandTtlMs } from "@benchai/contract/demand";

export type ReceivedReport = { readonly report: DemandReport; readonly receivedAtMs: number };

/**
 * A router that has gone silent may still stream from its workers: what it said was in flight
 * counts as busy for this long, in ms, while what it said was waiting expires with the report.
 */
export const silentRouterBusyMs = 60_000;

/** The demand of all routers together, by model name. `oldestWaitMs` grows with the age of the report. */
export function totalDemand(reports: readonly ReceivedReport[], nowMs: number): Map<string, ModelDemand> {
  const total = new Map<string, ModelDemand>();
  for (const { report, receivedAtMs } of reports) {
    const ageMs = nowMs - receivedAtMs;
    const isFresh = ageMs <= demandTtlMs;
    for (const [model, d] of Object.entries(report.models)) {
      const before = total.get(model) ?? { inFlight: 0, queued: 0, oldestWaitMs: 0 };
      const queued = isFresh ? d.queued : 0;
      const inFlight = ageMs <= silentRouterBusyMs ? d.inFlight : 0;
      if (queued + inFlight === 0) continue;
      total.set(model, {
        inFlight: before.inFlight + inFlight,
        queued: before.queued + queued,
        oldestWaitMs: Math.max(before.oldestWaitMs, queued > 0 ? d.oldestWaitMs + ageMs : 0),
      });
    }
  }
  return total;
}

/** Reports that can still matter at `nowMs`. */
export function stillRelevant(reports: readonly ReceivedReport[], nowMs: number): ReceivedReport[] {
  return reports.filter((r) => nowMs - r.receivedAtMs <= silentRouterBusyMs);
}
