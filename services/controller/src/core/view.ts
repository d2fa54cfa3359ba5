import type { ModelState, ModelView, StateReason } from "@benchai/contract/models";

import type { ModelEntry } from "./catalogue.ts";
import type { Decision, Situation } from "./decide.ts";
import { crashLoopFailures } from "./penalty.ts";
import type { ObservedWorker, Penalty } from "./state.ts";

type Standing = { readonly state: ModelState; readonly reason?: StateReason };

/** What everybody may know of each model, derived from one look and nothing else. */
export function modelViews(s: Situation, d: Decision): ModelView[] {
  return s.entries.map((e) => {
    const worker = s.observed.find((o) => o.slot === e.slot);
    const { state, reason } = standing(e, worker, s, d);
    return {
      name: e.name,
      aliases: [...e.aliases],
      slot: e.slot,
      kind: e.kind,
      state,
      ...(reason ? { reason } : {}),
      createdS: e.createdS,
      sizeBytes: e.sizeBytes,
      contextTokens: e.contextTokens,
      parallel: e.parallel,
      memoryMiB: worker?.memoryMiB ?? e.memoryMiB,
      pinned: e.pinned,
      device: e.device,
      failures: s.penalties.get(e.slot)?.failures ?? 0,
      ...(worker ? { worker: workerView(worker) } : {}),
    };
  });
}

function workerView(w: ObservedWorker) {
  const { containerId, containerName, generation, state, health, sinceMs } = w;
  return { containerId, containerName, generation, state, health, sinceMs };
}

function standing(e: ModelEntry, worker: ObservedWorker | undefined, s: Situation, d: Decision): Standing {
  if (e.problem !== undefined)
    return { state: "invalid", reason: { code: "model_invalid", message: e.problem } };
  if (worker?.state === "running") return runningState(worker, d);
  const penalty = s.penalties.get(e.slot);
  if (penalty && penalty.retryAtMs > s.nowMs) return penalised(penalty);
  if (worker)
    return {
      state: d.residency.desired.has(e.slot) && worker.state === "created" ? "loading" : "stopping",
    };
  return absent(e, s, d);
}

function runningState(worker: ObservedWorker, d: Decision): Standing {
  const isLeaving = d.plan.steps.some((step) => step.slot === worker.slot && step.kind === "stop");
  if (isLeaving || !d.residency.desired.has(worker.slot)) return { state: "stopping" };
  return { state: worker.health === "healthy" ? "ready" : "loading" };
}

/** A worker that ran well and died is simply restarted; one that cannot load is a failure worth telling. */
function penalised({ failures, last, retryAtMs }: Penalty): Standing {
  const tries = failures > 1 ? ` (${failures} failures in a row)` : "";
  const reason = { code: last.code, message: `${last.message}${tries}`, retryAtMs };
  if (failures >= crashLoopFailures) return { state: "crash-loop", reason };
  return { state: last.phase === "run" ? "queued" : "failed", reason };
}

function absent(e: ModelEntry, s: Situation, d: Decision): Standing {
  const hold = s.imageHolds.get(e.image);
  const isAskedFor = e.pinned || s.demand.has(e.name);
  if (hold && (isAskedFor || hold.isFinal))
    return {
      state: hold.isFinal ? "failed" : "queued",
      reason: { code: "image_unavailable", message: hold.message },
    };
  const blocked = d.residency.blocked.get(e.slot);
  if (blocked !== undefined)
    return {
      state: "queued",
      reason: { code: "no_room", message: `no room for ${e.name}: ${blocked}` },
    };
  return { state: isAskedFor ? "queued" : "unloaded" };
}
