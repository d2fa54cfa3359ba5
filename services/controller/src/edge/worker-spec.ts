import type Docker from "dockerode";

import { keyMount, type StackFacts } from "../backends/worker-container.ts";
import type { WorkerSpec } from "./docker.ts";

/** The create body of a slot's worker with its own key mounted. `bodyOf` gives the rest, from the newest look. */
export function workerSpec(
  facts: StackFacts,
  bodyOf: (slot: string) => Docker.ContainerCreateOptions | undefined,
): WorkerSpec {
  return ({ slot }, generation) => {
    const body = bodyOf(slot) ?? {};
    const key = keyMount(facts, slot, generation);
    return {
      ...body,
      HostConfig: { ...body.HostConfig, Mounts: [...(body.HostConfig?.Mounts ?? []), key] },
    };
  };
}
