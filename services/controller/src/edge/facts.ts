import { hostname } from "node:os";

import type Docker from "dockerode";

import type { GpuRequest, StackFacts } from "../backends/worker-container.ts";
import type { Machine } from "../core/catalogue.ts";
import type { ServiceContainer } from "../core/teardown.ts";
import { unavailable } from "./docker.ts";

/** Where this container has the folders that its workers must see. */
export const mountPoints = {
  models: "/models",
  embedded: "/embedded",
  state: "/var/lib/benchai",
} as const;

export type Surroundings = { readonly facts: StackFacts; readonly machine: Machine };

/** Engine API 1.45 is the first with `VolumeOptions.Subpath`. */
const oldestApiMinor = 45;

/** Looks at the engine and at this very container: which host folders and volume are mounted here, and what GPU there is. */
export async function lookAround(
  docker: Docker,
  stack: string,
  workerNetwork: string,
): Promise<Surroundings> {
  const version = await docker.version().catch(unavailable);
  if (Number(version.ApiVersion.split(".")[1]) < oldestApiMinor)
    throw new Error(
      `the Docker engine is ${version.Version} (API ${version.ApiVersion}); BenchAI needs 26.0 (API 1.${oldestApiMinor}) or newer`,
    );
  const [engine, self]: [EngineInfo, Docker.ContainerInspectInfo] = await Promise.all([
    docker.info(),
    docker.getContainer(hostname()).inspect(),
  ]);
  const sourceOf = (point: string) => {
    const mount = self.Mounts.find((m) => m.Destination === point);
    if (!mount)
      throw new Error(`nothing is mounted at ${point}; start the controller with docker-compose.yml`);
    return mount;
  };
  const gpuRequest = toGpuRequest(engine);
  return {
    facts: {
      stack,
      workerNetwork,
      folders: {
        models: sourceOf(mountPoints.models).Source,
        embedded: sourceOf(mountPoints.embedded).Source,
      },
      stateVolume: sourceOf(mountPoints.state).Name ?? "",
      gpuRequest,
    },
    machine: {
      hasGpu: gpuRequest !== undefined,
      memoryMiB: Math.floor((engine.MemTotal ?? 0) / 2 ** 20),
    },
  };
}

/** The parts of `GET /info` that we read. */
export type EngineInfo = {
  readonly MemTotal?: number;
  readonly Runtimes?: Readonly<Record<string, unknown>>;
  readonly DiscoveredDevices?: readonly { readonly Source?: string; readonly ID?: string }[] | null;
};

/** An NVIDIA GPU is offered by the nvidia runtime, or by a device of the Container Device Interface. */
export function toGpuRequest(engine: EngineInfo): GpuRequest | undefined {
  if (engine.Runtimes && "nvidia" in engine.Runtimes)
    return { Driver: "nvidia", Count: -1, Capabilities: [["gpu"]] };
  const all = engine.DiscoveredDevices?.some((d) => d.Source === "cdi" && d.ID === "nvidia.com/gpu=all");
  return all ? { Driver: "cdi", DeviceIDs: ["nvidia.com/gpu=all"] } : undefined;
}

/** The containers of the stack's own services, by the labels that Compose gives them. */
export async function serviceContainers(docker: Docker, stack: string): Promise<ServiceContainer[]> {
  const found = await docker
    .listContainers({ all: true, filters: { label: [`com.docker.compose.project=${stack}`] } })
    .catch(unavailable);
  return found.map((c) => ({
    service: c.Labels["com.docker.compose.service"] ?? "",
    state: c.State,
  }));
}
