import { hash32 } from "./hash.ts";
import type { Failure, ObservedWorker, Penalty, Slot } from "./state.ts";

/**
 * Delays between tries, in ms: 1 s, then four times as long each time, up to 5 min. Six tries fit into
 * the first ten minutes (at 0, 1, 5, 21, 85 and 341 s), and no window of uptime resets the count early.
 */
const firstDelayMs = 1_000;
const growth = 4;
const longestDelayMs = 300_000;

/** So long must a worker be good before its failures are forgotten, in ms. */
export const goodForMs = 600_000;

/** From this many failures in a row on, a slot is in a crash loop. */
export const crashLoopFailures = 3;

export function delayMs(failures: number, jitterSeed: string): number {
  const base = Math.min(firstDelayMs * growth ** (failures - 1), longestDelayMs);
  return Math.round(base * (1 + 0.2 * (hash32(jitterSeed) / 2 ** 32)));
}

/** The penalty after one more failure. The same container is counted once, however often it is seen. */
export function penalise(before: Penalty | undefined, failure: Failure, specHash: string): Penalty {
  const previous = before?.specHash === specHash ? before : undefined;
  if (previous && failure.containerId !== "" && previous.last.containerId === failure.containerId)
    return previous;
  const failures = (previous?.failures ?? 0) + 1;
  const seed = `${failure.containerId}${failures}`;
  return { failures, retryAtMs: failure.atMs + delayMs(failures, seed), specHash, last: failure };
}

/**
 * Drops what no longer counts: a worker that has been healthy for `goodForMs`, or a slot whose
 * wanted spec is no longer the one that failed.
 */
export function forgive(
  penalties: ReadonlyMap<Slot, Penalty>,
  observed: readonly ObservedWorker[],
  wantedSpec: ReadonlyMap<Slot, string>,
  nowMs: number,
): Map<Slot, Penalty> {
  const good = new Set(
    observed
      .filter((o) => o.state === "running" && o.health === "healthy" && nowMs - o.sinceMs >= goodForMs)
      .map((o) => o.slot),
  );
  return new Map(
    [...penalties].filter(([slot, p]) => !good.has(slot) && wantedSpec.get(slot) === p.specHash),
  );
}
