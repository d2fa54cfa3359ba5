import { AppError } from "@benchai/contract/errors";
import type { ControllerStatus, Snapshot, WorkerEndpoint } from "@benchai/contract/models";
import type { Doorbell } from "@benchai/kernel/doorbell";
import type { Logger } from "@benchai/kernel/log";

import { urlOf } from "./backends/backends.ts";
import { configuredParts } from "./core/assistants.ts";
import { decide, type Decision, type Situation } from "./core/decide.ts";
import { planText } from "./core/plan.ts";
import { describeRefusal } from "./core/failure.ts";
import type { Fault, Slot, Step } from "./core/state.ts";
import { modelViews } from "./core/view.ts";
import type { Demands } from "./demands.ts";
import type { Engine } from "./edge/docker.ts";
import type { Surroundings } from "./edge/facts.ts";
import type { Images } from "./edge/images.ts";
import type { WorkerKeys } from "./edge/keys.ts";
import type { Lease } from "./edge/lease.ts";
import { execute } from "./execute.ts";
import { History } from "./history.ts";
import { look, type LookDeps, type Seen } from "./look.ts";
import type { Publisher } from "./publisher.ts";

export type ReconcilerDeps = LookDeps & {
  /** Looks at the engine and at this container; asked until it answers, as the engine may come later. */
  readonly lookAround: () => Promise<Surroundings>;
  readonly engineOf: (around: Surroundings, seen: () => Seen | undefined) => Engine;
  readonly stack: string;
  readonly keys: WorkerKeys;
  readonly images: Images;
  readonly lease: Pick<Lease, "role" | "mayAct" | "loadPenalties" | "savePenalties">;
  readonly demands: Demands;
  readonly publisher: Publisher;
  readonly bell: Doorbell;
  readonly log: Logger;
  readonly onStep: (step: Step, outcome: "done" | "failed") => void;
};

/** Longest time between two looks, in ms: finds changed files, and what no event told. */
const resyncMs = 2_000;
const engineAwayMs = 1_000;
const stopGraceMs = 10_000;
const defaultLoadDeadlineS = 600;
const defaultMaxLoaded = 16;
/** Share of the machine's memory that all workers together may hold. */
const memoryShare = 0.8;

/** Look, plan, act, wait. Steps of different slots run side by side, and a pass never waits for one. */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #history = new History();
  readonly #acting = new Map<Slot, Promise<void>>();
  #around: Surroundings | undefined;
  #engine: Engine | undefined;
  #seen: Seen | undefined;
  #decision: Decision | undefined;
  #hasPenalties = false;
  #lookedAtMs: number | undefined;
  #engineProblem: string | undefined = "not asked yet";

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  /** What the newest look led to; undefined before the first. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  get lookedAtMs(): number | undefined {
    return this.#lookedAtMs;
  }

  /** Runs until `signal` aborts; then lets the steps in flight end. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#pass();
      await this.#deps.bell.wait(waitMs, signal).catch(() => undefined);
    }
    await Promise.allSettled(this.#acting.values());
  }

  /** Forgets a slot's failures, so that its next try is allowed at once. Only the leader can: `not_leader`. */
  reset(slot: Slot): boolean {
    if (this.#deps.lease.role === "passive")
      throw new AppError("not_leader", "this controller is passive; ask again, or ask the leader", {
        retryAfterS: 1,
      });
    const hadPenalty = this.#history.penalties.delete(slot);
    if (hadPenalty) this.#deps.lease.savePenalties(this.#history.penalties);
    this.#deps.bell.ring();
    return hadPenalty;
  }

  async #pass(): Promise<number> {
    // A look that began while a step was under way may show its slot as it was before.
    const busy = new Set(this.#acting.keys());
    try {
      const { seen, engine, around } = await this.#look();
      const situation = await this.#remember(seen, engine, around);
      const decision = decide(situation);
      this.#decision = decision;
      this.#lookedAtMs = situation.nowMs;
      this.#engineProblem = undefined;
      this.#publish(situation, decision);
      this.#act(decision, busy, engine);
      return decision.plan.steps.length > 0
        ? resyncMs
        : Math.min(decision.plan.lookAgainInMs ?? resyncMs, resyncMs);
    } catch (error) {
      this.#engineProblem = error instanceof Error ? error.message : "unknown error";
      this.#deps.log.error({ err: error }, "look failed");
      this.#publishTrouble();
      return engineAwayMs;
    }
  }

  async #look() {
    this.#around ??= await this.#deps.lookAround();
    this.#engine ??= this.#deps.engineOf(this.#around, () => this.#seen);
    const seen = await look(this.#deps, this.#around, this.#engine);
    this.#seen = seen;
    return { seen, engine: this.#engine, around: this.#around };
  }

  async #remember(seen: Seen, engine: Engine, around: Surroundings): Promise<Situation> {
    const { lease, demands, images } = this.#deps;
    // Routers tell the leader what they need: what this one has not heard of may well be in use.
    if (lease.role === "passive") this.#history.lastUsedMs.clear();
    if (lease.role === "passive" || !this.#hasPenalties) {
      const known = await lease.loadPenalties();
      if (known) this.#history.penalties = known;
      this.#hasPenalties = known !== undefined;
    }
    const nowMs = Date.now();
    const demand = demands.total(nowMs);
    const before = JSON.stringify([...this.#history.penalties]);
    await this.#history.update(seen, new Set(demand.keys()), engine, nowMs);
    const isChanged = JSON.stringify([...this.#history.penalties]) !== before;
    if (lease.role === "leader" && isChanged) lease.savePenalties(this.#history.penalties);
    const { limits = {} } = seen.config.config;
    return {
      ...seen,
      demand,
      lastUsedMs: this.#history.lastUsedMs,
      penalties: this.#history.penalties,
      imageHolds: images.holds,
      limits: {
        loadDeadlineMs: this.#loadDeadlineMs(),
        stopGraceMs,
        maxLoaded: limits.maxLoaded ?? defaultMaxLoaded,
        memoryBudgetMiB: limits.memoryMiB ?? Math.floor(around.machine.memoryMiB * memoryShare),
      },
      nowMs,
    };
  }

  #publish(situation: Situation, decision: Decision): void {
    const models = modelViews(situation, decision);
    const endpoints: Record<string, WorkerEndpoint> = {};
    for (const { slot, state, kind } of models) {
      const worker = situation.observed.find((o) => o.slot === slot);
      if (state !== "ready" || !worker?.address) continue;
      const { generation, address } = worker;
      const apiKey = this.#deps.keys.keyOf(slot, generation);
      endpoints[slot] = {
        // Two slots may be created in one pass: only together with its slot does a generation name one worker.
        generation: `${slot}@${generation}`,
        url: urlOf(kind, address, apiKey),
        apiKey,
      };
    }
    const configured = configuredParts(this.#seen?.config.config ?? {});
    this.#deps.publisher.publish({ status: this.#status(models), endpoints, ...configured });
  }

  /** The engine is away or the look failed: the workers may well live on, so what was known stays. */
  #publishTrouble(): void {
    const last: Snapshot | undefined = this.#deps.publisher.newest;
    this.#deps.publisher.publish({
      ...last,
      status: this.#status(last?.status.models ?? []),
      endpoints: last?.endpoints ?? {},
    });
  }

  #status(models: ControllerStatus["models"]): ControllerStatus {
    const engineProblem = this.#engineProblem;
    const configProblem = this.#seen?.config.problem;
    return {
      stack: this.#deps.stack,
      role: this.#deps.lease.role,
      lookAgeMs: null,
      engine: engineProblem === undefined ? { ok: true } : { ok: false, message: engineProblem },
      config: configProblem === undefined ? { ok: true } : { ok: false, message: configProblem },
      models,
    };
  }

  #act({ plan }: Decision, busy: ReadonlySet<Slot>, engine: Engine): void {
    const { lease, log } = this.#deps;
    const steps = plan.steps.filter((s) => !busy.has(s.slot));
    if (steps.length === 0 || !lease.mayAct()) return;
    log.info({ plan: planText({ ...plan, steps }) }, "reconcile");
    for (const step of steps) {
      this.#acting.set(step.slot, this.#doStep(step, engine));
    }
  }

  async #doStep(step: Step, engine: Engine): Promise<void> {
    const isWorthALook = await this.#step(step, engine);
    this.#acting.delete(step.slot);
    if (isWorthALook) this.#deps.bell.ring();
  }

  /** Returns whether to look at once: not when nothing came of the step, or the next one would follow without a pause. */
  async #step(step: Step, engine: Engine): Promise<boolean> {
    const { keys, lease, log, onStep } = this.#deps;
    try {
      if (step.kind === "stop") await this.#beforeStop(step.containerId, step.fault, engine);
      const isDone = await execute(engine, keys, step);
      onStep(step, "done");
      return isDone;
    } catch (error) {
      onStep(step, "failed");
      log.error({ err: error, step: step.kind, slot: step.slot }, "step failed");
      const isCounted = this.#refused(step, error);
      if (isCounted) lease.savePenalties(this.#history.penalties);
      return isCounted;
    }
  }

  async #beforeStop(id: string, fault: Fault | undefined, engine: Engine): Promise<void> {
    this.#history.stoppedByUs.add(id);
    const worker = this.#seen?.observed.find((o) => o.containerId === id);
    if (!fault || !worker) return;
    const now = { loadDeadlineMs: this.#loadDeadlineMs(), nowMs: Date.now() };
    await this.#history.faulted(worker, this.#modelOf(worker.slot), fault, engine, now);
    this.#deps.lease.savePenalties(this.#history.penalties);
  }

  /** Whether the slot's penalty grew: the engine answered, and would not make or start its worker. */
  #refused(step: Step, error: unknown): boolean {
    if ((step.kind !== "create" && step.kind !== "start") || !(error instanceof Error)) return false;
    if (error instanceof AppError && error.code === "docker_unavailable") return false;
    const entry = this.#seen?.entries.find((e) => e.slot === step.slot);
    if (entry && isMissingImage(error)) {
      this.#deps.images.fetch(entry.image);
      return false;
    }
    const failure = describeRefusal(this.#modelOf(step.slot), error, Date.now());
    this.#history.failed(step.slot, this.#seen?.specHashes.get(step.slot) ?? "", failure);
    return true;
  }

  #modelOf(slot: Slot): string {
    return this.#seen?.entries.find((e) => e.slot === slot)?.name ?? slot;
  }

  #loadDeadlineMs(): number {
    return (this.#seen?.config.config.limits?.loadDeadlineS ?? defaultLoadDeadlineS) * 1000;
  }
}

function isMissingImage(error: Error): boolean {
  return "statusCode" in error && error.statusCode === 404 && /no such image/i.test(error.message);
}
