import type { ObservedWorker, Step } from "../src/core/state.ts";

/** Docker's promises that the design leans on, without any Docker: names are unique, each call is atomic. */
export class BoxOfContainers {
  readonly #byId = new Map<string, ObservedWorker>();
  readonly #newId: (slot: string) => string;

  constructor(newId: (slot: string) => string) {
    this.#newId = newId;
  }

  static of(workers: readonly ObservedWorker[], newId = counter()): BoxOfContainers {
    const box = new BoxOfContainers(newId);
    for (const w of workers) box.#byId.set(w.containerId, w);
    return box;
  }

  list(): ObservedWorker[] {
    return [...this.#byId.values()];
  }

  apply(step: Step, nowMs: number): void {
    if (step.kind === "create") return this.#create(step, nowMs);
    const found = this.#byId.get(step.containerId);
    // 404: already gone.
    if (!found) return;
    const become = (change: Partial<ObservedWorker>) =>
      this.#byId.set(step.containerId, { ...found, ...change, sinceMs: nowMs });
    // 409: somebody revived it.
    if (step.kind === "remove" && found.state !== "running") this.#byId.delete(step.containerId);
    // 304 when it runs already, or does not.
    if (step.kind === "start" && found.state !== "running") become({ state: "running", health: "starting" });
    if (step.kind === "stop" && found.state === "running") become({ state: "exited" });
  }

  #create({ desired, generation }: Extract<Step, { kind: "create" }>, nowMs: number): void {
    const { slot } = desired;
    // 409: the name is held; the next look will see by whom.
    if (this.list().some((w) => w.slot === slot)) return;
    const containerId = this.#newId(slot);
    this.#byId.set(containerId, {
      ...desired,
      containerId,
      containerName: `stack-worker-${slot}`,
      generation,
      state: "created",
      health: "starting",
      sinceMs: nowMs,
    });
  }

  /** The world acts: every loading model becomes healthy. */
  settle(): void {
    for (const [id, w] of this.#byId)
      if (w.state === "running" && w.health === "starting") this.#byId.set(id, { ...w, health: "healthy" });
  }
}

function counter(): (slot: string) => string {
  let n = 0;
  return (slot) => `${slot}#${++n}`;
}
