import type { ModelDemand } from "@benchai/contract/demand";

import type { ModelEntry } from "./catalogue.ts";
import { plan } from "./plan.ts";
import { type Candidate, decideResidency, type Residency, type ResidencyLimits } from "./residency.ts";
import type { DesiredWorker, Limits, ObservedWorker, Penalty, Plan, Slot } from "./state.ts";

/** Why an image cannot be used now; `isFinal` when only time or a person can help. */
export type ImageHold = { readonly message: string; readonly isFinal: boolean };

/** Everything one look gathered. */
export type Situation = {
  readonly entries: readonly ModelEntry[];
  readonly specHashes: ReadonlyMap<Slot, string>;
  readonly observed: readonly ObservedWorker[];
  /** By model name. */
  readonly demand: ReadonlyMap<string, ModelDemand>;
  readonly lastUsedMs: ReadonlyMap<Slot, number>;
  readonly penalties: ReadonlyMap<Slot, Penalty>;
  /** By image. */
  readonly imageHolds: ReadonlyMap<string, ImageHold>;
  readonly limits: Limits & ResidencyLimits;
  readonly nowMs: number;
};

export type Decision = { readonly residency: Residency; readonly plan: Plan };

const nothing: ModelDemand = { inFlight: 0, queued: 0, oldestWaitMs: 0 };

/** From what was seen to what to do: first which models should be loaded, then the next safe step of each slot. */
export function decide(s: Situation): Decision {
  const usable = s.entries.filter((e) => e.problem === undefined);
  const residency = decideResidency(
    usable.map((e) => candidate(e, s)),
    s.limits,
    s.nowMs,
  );
  const next = plan(
    {
      desired: usable.filter((e) => residency.desired.has(e.slot)).map((e) => desiredWorker(e, s)),
      observed: s.observed,
      penalties: s.penalties,
      causes: residency.causes,
      memoryBudgetMiB: s.limits.memoryBudgetMiB,
      nowMs: s.nowMs,
    },
    s.limits,
  );
  return {
    residency,
    plan: { ...next, lookAgainInMs: earliest(next.lookAgainInMs, residency.changesInMs) },
  };
}

function candidate(e: ModelEntry, s: Situation): Candidate {
  const worker = s.observed.find((o) => o.slot === e.slot);
  const penaltyMs = (s.penalties.get(e.slot)?.retryAtMs ?? 0) - s.nowMs;
  return {
    slot: e.slot,
    memoryMiB: worker?.memoryMiB ?? e.memoryMiB,
    pinned: e.pinned,
    idleAfterMs: e.idleAfterMs,
    demand: s.demand.get(e.name) ?? nothing,
    lastUsedMs: s.lastUsedMs.get(e.slot) ?? worker?.sinceMs ?? 0,
    heldForMs: s.imageHolds.has(e.image) ? Infinity : Math.max(0, penaltyMs),
    worker,
  };
}

/** A worker that is answering somebody keeps the spec it has: a changed one waits until it is free. */
function desiredWorker(e: ModelEntry, s: Situation): DesiredWorker {
  const wanted = { slot: e.slot, specHash: s.specHashes.get(e.slot) ?? "", memoryMiB: e.memoryMiB };
  const busy = (s.demand.get(e.name)?.inFlight ?? 0) > 0;
  const worker = s.observed.find((o) => o.slot === e.slot && o.state === "running");
  return busy && worker && worker.health !== "unhealthy" ? { ...wanted, specHash: worker.specHash } : wanted;
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
