import { describeExit, describeFault, isFailure } from "./core/failure.ts";
import { forgive, penalise } from "./core/penalty.ts";
import type { Failure, Fault, Limits, ObservedWorker, Penalty, Slot } from "./core/state.ts";
import type { Engine } from "./edge/docker.ts";
import type { Seen } from "./look.ts";

/** What one look cannot tell: which failures count, who stopped whom, when a model was last used. */
export class History {
  penalties: Map<Slot, Penalty> = new Map();
  readonly lastUsedMs = new Map<Slot, number>();
  /** Containers that we asked to end: their exit is no failure. */
  readonly stoppedByUs = new Set<string>();
  readonly #wereHealthy = new Set<string>();
  /** Containers whose failure was counted: a reset must not count it again. */
  readonly #counted = new Set<string>();

  /** Brings the history up to date with a look. Reads the logs of workers that failed. */
  async update(seen: Seen, inDemand: ReadonlySet<string>, engine: Engine, nowMs: number): Promise<void> {
    for (const o of seen.observed)
      if (o.health === "healthy" && o.state === "running") this.#wereHealthy.add(o.containerId);
    for (const e of seen.entries) if (inDemand.has(e.name)) this.lastUsedMs.set(e.slot, nowMs);
    for (const o of seen.observed) if (!this.lastUsedMs.has(o.slot)) this.lastUsedMs.set(o.slot, nowMs);
    await Promise.all(seen.observed.map((o) => this.#count(o, seen, engine)));
    this.penalties = forgive(this.penalties, seen.observed, seen.specHashes, nowMs);
    this.#prune(seen.observed);
  }

  /** Records one more failure of this slot. */
  failed(slot: Slot, specHash: string, failure: Failure): void {
    this.penalties.set(slot, penalise(this.penalties.get(slot), failure, specHash));
  }

  /** Records that a worker is stopped because it does not work. Reads its logs. */
  async faulted(
    worker: ObservedWorker,
    model: string,
    fault: Fault,
    engine: Engine,
    now: Pick<Limits, "loadDeadlineMs"> & { readonly nowMs: number },
  ): Promise<void> {
    const failure = describeFault(model, worker, fault, await lastLines(engine, worker), now);
    this.failed(worker.slot, worker.specHash, failure);
  }

  async #count(worker: ObservedWorker, seen: Seen, engine: Engine): Promise<void> {
    const { containerId, slot } = worker;
    const wasHealthy = this.#wereHealthy.has(containerId);
    if (this.#isCounted(worker) || !isFailure(worker, this.stoppedByUs, wasHealthy)) return;
    this.#counted.add(containerId);
    const model = seen.entries.find((e) => e.slot === slot)?.name ?? slot;
    const phase = wasHealthy ? "run" : "load";
    const said = await lastLines(engine, worker);
    this.failed(slot, worker.specHash, describeExit(model, worker, phase, said, worker.memoryMiB));
  }

  #isCounted({ containerId, slot }: ObservedWorker): boolean {
    return this.#counted.has(containerId) || this.penalties.get(slot)?.last.containerId === containerId;
  }

  #prune(observed: readonly ObservedWorker[]): void {
    const present = new Set(observed.map((o) => o.containerId));
    for (const set of [this.#wereHealthy, this.#counted, this.stoppedByUs])
      for (const id of set) if (!present.has(id)) set.delete(id);
  }
}

/** They only explain a failure: an engine that cannot tell them must not hold up the look. */
async function lastLines(engine: Engine, worker: ObservedWorker): Promise<string[]> {
  return engine.logTail(worker.containerId).catch(() => []);
}
