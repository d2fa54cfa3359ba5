import { assertNever } from "@benchai/kernel/assert-never";

import type { Step } from "./core/state.ts";
import type { Engine } from "./edge/docker.ts";
import type { WorkerKeys } from "./edge/keys.ts";

/**
 * Carries no decisions: those were all made in `plan`. One Docker call; the key file around it is safe to repeat.
 * Returns whether the engine did it, or had it already.
 */
export async function execute(engine: Engine, keys: WorkerKeys, step: Step): Promise<boolean> {
  switch (step.kind) {
    case "create":
      await keys.write(step.slot, step.generation);
      await engine.create(step.desired, step.generation);
      return true;
    case "start":
      await engine.start(step.containerId);
      return true;
    case "stop":
      await engine.stop(step.containerId, step.graceMs);
      return true;
    case "remove":
      if (!(await engine.remove(step.containerId))) return false;
      await keys.forget(step.slot, step.generation);
      return true;
    default:
      return assertNever(step);
  }
}
