import type { ContainerState, Health, Slot } from "./state.ts";

/** What residency needs to know of one model that could be loaded. */
export type Candidate = {
  readonly slot: Slot;
  readonly memoryMiB: number;
  readonly pinned: boolean;
  /** Unused for so long, it is unloaded; in ms. */
  readonly idleAfterMs: number;
  readonly demand: {
    readonly inFlight: number;
    readonly queued: number;
    readonly oldestWaitMs: number;
  };
  readonly lastUsedMs: number;
  /** For so long it must not be loaded (a penalty, an image that is being pulled), in ms; 0 when it may. */
  readonly heldForMs: number;
  /** The worker it has now, if any. */
  readonly worker: { readonly state: ContainerState; readonly health: Health } | undefined;
};

export type ResidencyLimits = { readonly maxLoaded: number; readonly memoryBudgetMiB: number };

export type Residency = {
  /** Slots that should be loaded. */
  readonly desired: ReadonlySet<Slot>;
  /** Why a slot that has a worker is no longer desired. */
  readonly causes: ReadonlyMap<Slot, string>;
  /** Why a wanted slot cannot be loaded now. */
  readonly blocked: ReadonlyMap<Slot, string>;
  /** When time alone will change this answer, in ms from now; undefined when it will not. */
  readonly changesInMs: number | undefined;
};

/**
 * A load that nobody waits for is dropped after so long, in ms. Routers renew their demand every second: a
 * controller that has just begun, or has just become the leader, must hear them before it drops anything.
 */
export const abandonedAfterMs = 3_000;

/**
 * Decides which models should be loaded. Pure: demand, pins, memory and ages in, a set out.
 *
 * Wanted: pinned, in demand, or loaded and used less than `idleAfterMs` ago. A load that nobody has waited for
 * since `abandonedAfterMs` is not wanted, nor is a container that stands still while its slot is held. When the wanted do not fit, the longest idle ready worker gives way; a busy, pinned
 * or loading one never does, and what cannot fit is blocked until one of those changes.
 */
export function decideResidency(
  candidates: readonly Candidate[],
  limits: ResidencyLimits,
  nowMs: number,
): Residency {
  const causes = new Map<Slot, string>();
  const blocked = new Map<Slot, string>();
  const stays = candidates.filter((c) => c.worker !== undefined && isWanted(c, nowMs, causes));
  const comes = candidates
    .filter((c) => c.worker === undefined && c.heldForMs <= 0 && (c.pinned || isInDemand(c)))
    .toSorted(byUrgency);

  const loaded = new Map(stays.map((c) => [c.slot, c]));
  for (const c of comes) {
    const gone = makeRoom(c, [...loaded.values()], limits);
    if (!gone) {
      blocked.set(c.slot, roomText(c, [...loaded.values()], limits));
      continue;
    }
    for (const victim of gone) {
      loaded.delete(victim.slot);
      causes.set(victim.slot, `makes room for ${c.slot}`);
    }
    loaded.set(c.slot, c);
  }
  const waitsMs = [...idleWaitsMs([...loaded.values()], nowMs), ...holdsMs(candidates)];
  const changesInMs = waitsMs.length > 0 ? Math.min(...waitsMs) : undefined;
  return { desired: new Set(loaded.keys()), causes, blocked, changesInMs };
}

function isInDemand({ demand }: Candidate): boolean {
  return demand.inFlight + demand.queued > 0;
}

function isLoading({ worker }: Candidate): boolean {
  return worker !== undefined && !(worker.state === "running" && worker.health === "healthy");
}

function isEvictable(c: Candidate): boolean {
  return c.worker !== undefined && !c.pinned && !isInDemand(c) && !isLoading(c);
}

/** So long without demand a worker stays, in ms. */
function keptForMs(c: Candidate): number {
  if (c.worker?.state === "exited") return 0;
  return isLoading(c) ? Math.min(abandonedAfterMs, c.idleAfterMs) : c.idleAfterMs;
}

function isWanted(c: Candidate, nowMs: number, causes: Map<Slot, string>): boolean {
  if (c.heldForMs > 0 && c.worker?.state !== "running") {
    causes.set(c.slot, "it may not load now");
    return false;
  }
  if (c.pinned || isInDemand(c) || nowMs - c.lastUsedMs < keptForMs(c)) return true;
  const idleS = Math.round((nowMs - c.lastUsedMs) / 1000);
  causes.set(c.slot, isLoading(c) ? "nobody waits for it any more" : `idle for ${idleS} s`);
  return false;
}

/** Pinned first, then who waits longest; the slot breaks ties so that the order is total. */
function byUrgency(a: Candidate, b: Candidate): number {
  if (a.pinned !== b.pinned) return a.pinned ? -1 : 1;
  return b.demand.oldestWaitMs - a.demand.oldestWaitMs || (a.slot < b.slot ? -1 : 1);
}

/** The workers that must go so that `c` fits: the longest idle first, until it fits; undefined when it cannot. */
function makeRoom(
  c: Candidate,
  loaded: readonly Candidate[],
  limits: ResidencyLimits,
): Candidate[] | undefined {
  const idle = loaded
    .filter(isEvictable)
    .toSorted((a, b) => a.lastUsedMs - b.lastUsedMs || (a.slot < b.slot ? -1 : 1));
  const gone: Candidate[] = [];
  while (
    !fits(
      c,
      loaded.filter((l) => !gone.includes(l)),
      limits,
    )
  ) {
    const victim = idle[gone.length];
    if (!victim) return undefined;
    gone.push(victim);
  }
  return gone;
}

function fits(c: Candidate, loaded: readonly Candidate[], limits: ResidencyLimits): boolean {
  return loaded.length < limits.maxLoaded && usedMiB(loaded) + c.memoryMiB <= limits.memoryBudgetMiB;
}

function usedMiB(loaded: readonly Candidate[]): number {
  return loaded.reduce((sum, l) => sum + l.memoryMiB, 0);
}

/** Why `c` does not fit even without the idle ones. */
function roomText(c: Candidate, loaded: readonly Candidate[], limits: ResidencyLimits): string {
  if (c.memoryMiB > limits.memoryBudgetMiB)
    return `it needs ${c.memoryMiB} MiB, more than the whole budget of ${limits.memoryBudgetMiB} MiB; lower its context in benchai.yaml, or raise limits.memoryMiB`;
  const stuck = loaded.filter((l) => !isEvictable(l));
  const names = stuck.map((l) => l.slot).join(", ");
  const freeMiB = Math.max(0, limits.memoryBudgetMiB - usedMiB(stuck));
  return stuck.length >= limits.maxLoaded
    ? `${limits.maxLoaded} models are loaded, the most that limits.maxLoaded allows, and each is busy, loading or pinned: ${names}`
    : `it needs ${c.memoryMiB} MiB, ${freeMiB} of ${limits.memoryBudgetMiB} MiB can be had, and what else is loaded is busy, loading or pinned: ${names}`;
}

function idleWaitsMs(loaded: readonly Candidate[], nowMs: number): number[] {
  return loaded
    .filter((c) => c.worker !== undefined && !c.pinned && !isInDemand(c))
    .map((c) => Math.max(0, c.lastUsedMs + keptForMs(c) - nowMs));
}

function holdsMs(candidates: readonly Candidate[]): number[] {
  return candidates
    .filter((c) => (c.pinned || isInDemand(c)) && c.heldForMs > 0 && Number.isFinite(c.heldForMs))
    .map((c) => c.heldForMs);
}
