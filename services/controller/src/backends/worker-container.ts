import type { ModelEntry } from "../core/catalogue.ts";

/** Where the stack's things are, as the engine sees them. */
export type StackFacts = {
  /** The Compose project: the owner on every label and the first part of every name. */
  readonly stack: string;
  /** The network that only workers and the router are in. */
  readonly workerNetwork: string;
  /** Host folders that the workers read models from. */
  readonly folders: Readonly<Record<ModelEntry["file"]["folder"], string>>;
  /** The volume that holds the workers' keys. */
  readonly stateVolume: string;
  readonly gpuRequest: GpuRequest | undefined;
};

/** `HostConfig.DeviceRequests` of the Docker Engine API: the NVIDIA runtime, or the Container Device Interface. */
export type GpuRequest =
  | { readonly Driver: "nvidia"; readonly Count: number; readonly Capabilities: string[][] }
  | { readonly Driver: "cdi"; readonly DeviceIDs: string[] };

export const workerPort = 8080;
/** Where a worker sees its key, as the file `key`. */
export const keyFolder = "/run/benchai";

/** What is a server's own among the things that make its container. */
export type Program = {
  readonly Entrypoint?: string[];
  readonly Cmd: string[];
  /** The command that tells whether it answers, as `Healthcheck.Test` has it. */
  readonly probe: string[];
};

const MiB = 1024 * 1024;
const ms = 1_000_000;

/**
 * The body of `POST /containers/create` for a worker, but for its name, labels and key (Docker Engine API 1.45).
 * It gets no host port, no way out of its network, no secret in its environment, and nothing to write to but /tmp.
 */
export function workerContainer(e: ModelEntry, facts: StackFacts, { probe, ...program }: Program) {
  return {
    Image: e.image,
    User: "1000:1000",
    ...program,
    Healthcheck: {
      Test: probe,
      Interval: 10_000 * ms,
      Timeout: 5_000 * ms,
      Retries: 3,
      // Loading is bounded by the plan's load deadline; until then a failed probe says nothing.
      StartPeriod: 86_400_000 * ms,
      StartInterval: 100 * ms,
    },
    HostConfig: {
      NetworkMode: facts.workerNetwork,
      RestartPolicy: { Name: "no" },
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      PidsLimit: 512,
      Memory: Math.ceil(e.memoryMiB * 1.25 + 1_024) * MiB,
      Init: true,
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
      Mounts: [
        {
          Type: "bind" as const,
          Source: facts.folders[e.file.folder],
          Target: "/models",
          ReadOnly: true,
        },
      ],
      Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" },
      ...(e.device.actual === "gpu" && facts.gpuRequest ? { DeviceRequests: [facts.gpuRequest] } : {}),
    },
  };
}

/** The mount that shows a worker its own key and no other: one folder of the state volume. */
export function keyMount(facts: StackFacts, slot: string, generation: string) {
  return {
    Type: "volume" as const,
    Source: facts.stateVolume,
    Target: keyFolder,
    ReadOnly: true,
    VolumeOptions: {
      NoCopy: true,
      Subpath: keyPath(slot, generation),
      // As the volume has them already; dockerode's types ask for them.
      Labels: {},
      DriverConfig: { Name: "local", Options: {} },
    },
  };
}

/** Where a worker's key lies inside the state volume. */
export function keyPath(slot: string, generation: string): string {
  return `worker-keys/${slot}/${generation}`;
}
