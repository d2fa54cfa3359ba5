import type { DesiredWorker, Fault, Limits, ObservedWorker, Plan, Step, World } from "./state.ts";

/**
 * Compares what should run with what does, and returns the next safe step per slot.
 *
 * Level-triggered: it never sees events, so a lost or doubled event cannot mislead it.
 * Pure: same world, same plan. Callers apply the steps, look again, and plan again
 * until `lookAgainInMs` is undefined.
 *
 * Memory is claimed in two phases, announce then commit: `create` announces, and
 * `start` is planned only when everything announced fits. Docker's list is consistent
 * with its creates, so two controllers cannot both see room that only one may take.
 */
export function plan(world: World, limits: Limits): Plan {
  const wanted = new Map(world.desired.map((d) => [d.slot, d]));
  const present = Map.groupBy(world.observed, (o) => o.slot);
  const slots = [...new Set([...wanted.keys(), ...present.keys()])].toSorted();

  // An exited container keeps its claim until it is removed: a late `start` can still revive it.
  const room: Room = {
    freeMiB: world.memoryBudgetMiB - sumMiB(world.observed),
    crowdedOut: crowdedOut(world),
  };
  const steps: Step[] = [];
  let lookAgainInMs: number | undefined;

  for (const slot of slots) {
    const decision = decideSlot(wanted.get(slot), present.get(slot) ?? [], world, limits, room);
    if (decision.step) steps.push(decision.step);
    if (decision.step?.kind === "create") room.freeMiB -= decision.step.desired.memoryMiB;
    lookAgainInMs = earliest(lookAgainInMs, decision.step ? 0 : decision.waitMs);
  }
  return { steps, lookAgainInMs };
}

type Decision = { readonly step?: Step; readonly waitMs?: number };
type Room = { freeMiB: number; readonly crowdedOut: ReadonlySet<string> };

function decideSlot(
  desired: DesiredWorker | undefined,
  containers: readonly ObservedWorker[],
  world: World,
  limits: Limits,
  room: Room,
): Decision {
  const [keeper, ...surplus] = containers.toSorted(byFitness(desired));
  const extra = surplus[0];
  if (extra) return { step: retire(extra, limits, "surplus") };
  if (!keeper) return desired ? place(desired, world, room) : {};
  if (!desired) return { step: retire(keeper, limits, world.causes?.get(keeper.slot) ?? "not desired") };
  if (keeper.specHash !== desired.specHash) return { step: retire(keeper, limits, "spec changed") };
  return tend(keeper, world, limits, room);
}

function place(desired: DesiredWorker, world: World, room: Room): Decision {
  const waitMs = penaltyLeftMs(desired.slot, world);
  if (waitMs > 0) return { waitMs };
  // Not an error: another slot's removal frees memory and wakes the next look.
  if (desired.memoryMiB > room.freeMiB) return {};
  const generation = Math.trunc(world.nowMs).toString(36);
  return { step: { kind: "create", slot: desired.slot, desired, generation, cause: "missing" } };
}

function penaltyLeftMs(slot: string, world: World): number {
  return (world.penalties.get(slot)?.retryAtMs ?? 0) - world.nowMs;
}

function tend(worker: ObservedWorker, world: World, limits: Limits, room: Room): Decision {
  if (worker.state === "exited") return { step: retire(worker, limits, "exited") };
  if (worker.state === "created") return commit(worker, world, limits, room);
  if (worker.health === "unhealthy") return { step: recycle(worker, limits, "unhealthy") };
  if (worker.health === "healthy") return {};
  const leftMs = worker.sinceMs + limits.loadDeadlineMs - world.nowMs;
  return leftMs > 0 ? { waitMs: leftMs } : { step: recycle(worker, limits, "load deadline passed") };
}

function commit(worker: ObservedWorker, world: World, limits: Limits, room: Room): Decision {
  const { slot, containerId } = worker;
  // Before its own penalty: what it has announced must not hold up the others.
  if (room.crowdedOut.has(containerId)) return { step: retire(worker, limits, "no room") };
  // The engine refused to start it: trying again at once would only be refused again.
  const waitMs = penaltyLeftMs(slot, world);
  if (waitMs > 0) return { waitMs };
  // Over budget, but a later slot gives way first: wait for that to show.
  if (room.freeMiB < 0) return {};
  return { step: { kind: "start", slot, containerId, cause: "not started" } };
}

/** Announced but not yet started workers that must give way, last slot first, until the rest fit. */
function crowdedOut(world: World): Set<string> {
  const out = new Set<string>();
  let overMiB = sumMiB(world.observed) - world.memoryBudgetMiB;
  const waiting = world.observed
    .filter((o) => o.state === "created")
    .toSorted(bySlotThenId)
    .toReversed();
  for (const o of waiting) {
    if (overMiB <= 0) break;
    out.add(o.containerId);
    overMiB -= o.memoryMiB;
  }
  return out;
}

function retire(worker: ObservedWorker, limits: Limits, cause: string): Step {
  const { slot, containerId, generation } = worker;
  return worker.state === "running"
    ? { kind: "stop", slot, containerId, graceMs: limits.stopGraceMs, cause }
    : { kind: "remove", slot, containerId, generation, cause };
}

/** Stops a worker that is wanted and does not work, which counts as a failure. */
function recycle({ slot, containerId }: ObservedWorker, limits: Limits, fault: Fault): Step {
  return { kind: "stop", slot, containerId, graceMs: limits.stopGraceMs, cause: fault, fault };
}

const progress = { running: 2, created: 1, exited: 0 } as const;

/** Right spec first, then the furthest along; the id breaks ties so that the order is total. */
function byFitness(desired: DesiredWorker | undefined) {
  const rank = (o: ObservedWorker) => (o.specHash === desired?.specHash ? 3 : 0) + progress[o.state];
  return (a: ObservedWorker, b: ObservedWorker) => rank(b) - rank(a) || compare(a.containerId, b.containerId);
}

function bySlotThenId(a: ObservedWorker, b: ObservedWorker): number {
  return compare(a.slot, b.slot) || compare(a.containerId, b.containerId);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sumMiB(workers: readonly ObservedWorker[]): number {
  return workers.reduce((sum, w) => sum + w.memoryMiB, 0);
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** One line a step, for logs, `GET /plan` and golden tests. */
export function planText(p: Plan): string {
  return p.steps.map((s) => `${s.kind} ${s.slot} (${s.cause})`).join("\n");
}
