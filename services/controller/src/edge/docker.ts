import type Docker from "dockerode";

import { AppError } from "@benchai/contract/errors";

import type { ContainerState, DesiredWorker, Exit, Health, ObservedWorker } from "../core/state.ts";

/** Ownership: what carries our stack's label is ours, and nothing else is ever touched. */
export const label = {
  stack: "ai.benchai.stack",
  slot: "ai.benchai.slot",
  specHash: "ai.benchai.spec-hash",
  generation: "ai.benchai.generation",
  memoryMiB: "ai.benchai.memory-mib",
} as const;

/** What the reconciler needs from a container engine: a few calls, each safe to repeat. */
export type Engine = {
  list(): Promise<ObservedWorker[]>;
  create(desired: DesiredWorker, generation: string): Promise<void>;
  start(containerId: string): Promise<void>;
  stop(containerId: string, graceMs: number): Promise<void>;
  /** Whether it is gone: false when the engine would not, since it runs (again) or is being removed. */
  remove(containerId: string): Promise<boolean>;
  /** The last lines the container wrote; empty when it is gone. */
  logTail(containerId: string): Promise<string[]>;
};

/** The rest of a create call: everything but name and labels. */
export type WorkerSpec = (desired: DesiredWorker, generation: string) => Docker.ContainerCreateOptions;

export function workerName(stack: string, slot: string): string {
  return `${stack}-worker-${slot}`;
}

export function dockerEngine(docker: Docker, stack: string, network: string, specOf: WorkerSpec): Engine {
  const mine = { label: [`${label.stack}=${stack}`, label.slot] };
  return {
    async list() {
      const found = await docker.listContainers({ all: true, filters: mine }).catch(unavailable);
      const seen = await Promise.all(found.map((c) => inspect(docker, c.Id, network)));
      return seen.filter((w) => w !== undefined);
    },
    async create(desired, generation) {
      const name = workerName(stack, desired.slot);
      const Labels = labelsOf(stack, desired, generation);
      // The name is the lock: the engine grants it to one caller and answers 409 to every other.
      const made = await docker
        .createContainer({ ...specOf(desired, generation), name, Labels })
        .catch(ignoring(409));
      if (!made) await refuseForeign(docker, name, stack, desired.slot);
    },
    async start(containerId) {
      const ignored = (error: DockerodeError) => (isGone(error) ? undefined : ignoring(304)(error));
      await docker.getContainer(containerId).start().catch(ignored);
    },
    async stop(containerId, graceMs) {
      await docker
        .getContainer(containerId)
        .stop({ t: Math.ceil(graceMs / 1000) })
        .catch(ignoring(304, 404));
    },
    remove: (containerId) => remove(docker, containerId),
    async logTail(containerId) {
      const raw = await docker
        .getContainer(containerId)
        .logs({ stdout: true, stderr: true, tail: 40, follow: false })
        .catch(ignoring(404, 409));
      return raw ? demultiplex(raw).split("\n") : [];
    },
  };
}

/** Never `force`: a container that somebody revived in between must fail here, not die here. */
async function remove(docker: Docker, containerId: string): Promise<boolean> {
  try {
    await docker.getContainer(containerId).remove({ v: true });
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    ignoring(404, 409)(error);
    return isGone(error);
  }
}

function labelsOf(stack: string, desired: DesiredWorker, generation: string) {
  return {
    [label.stack]: stack,
    [label.slot]: desired.slot,
    [label.specHash]: desired.specHash,
    [label.generation]: generation,
    [label.memoryMiB]: `${desired.memoryMiB}`,
  };
}

/** The name is taken: by another controller of this stack, which is fine, or by a stranger, who is left alone. */
async function refuseForeign(docker: Docker, name: string, stack: string, slot: string) {
  const holder = await docker.getContainer(name).inspect().catch(ignoring(404));
  if (!holder) return;
  const labels = holder.Config.Labels ?? {};
  if (labels[label.stack] === stack && labels[label.slot] === slot) return;
  throw new AppError(
    "container_name_taken",
    `the container name ${name} is held by a container that is not ours (${holder.Id.slice(0, 12)}, image ${holder.Config.Image}); rename or remove it`,
  );
}

async function inspect(docker: Docker, id: string, network: string): Promise<ObservedWorker | undefined> {
  const found = await docker.getContainer(id).inspect().catch(ignoring(404));
  return found ? toObserved(found, network) : undefined;
}

function toObserved(found: Docker.ContainerInspectInfo, network: string): ObservedWorker {
  const { Labels: labels } = found.Config;
  const state = toState(found.State.Status);
  const since = state === "exited" ? found.State.FinishedAt : found.State.StartedAt;
  return {
    containerId: found.Id,
    containerName: found.Name.replace(/^\//, ""),
    slot: labels[label.slot] ?? "",
    specHash: labels[label.specHash] ?? "",
    generation: labels[label.generation] ?? "",
    memoryMiB: Number(labels[label.memoryMiB] ?? 0),
    state,
    health: found.State.Status === "paused" ? "unhealthy" : toHealth(found.State.Health?.Status),
    sinceMs: Date.parse(state === "created" ? found.Created : since),
    address: state === "running" ? addressOf(found, network) : undefined,
    exit: state === "exited" ? toExit(found) : undefined,
  };
}

function addressOf(found: Docker.ContainerInspectInfo, network: string): string | undefined {
  return found.NetworkSettings.Networks[network]?.IPAddress || undefined;
}

function toExit({ State }: Docker.ContainerInspectInfo): Exit {
  return { code: State.ExitCode, oomKilled: State.OOMKilled, message: State.Error };
}

function toState(status: string): ContainerState {
  if (status === "created") return "created";
  // `paused`, `restarting` and `removing` still hold memory, so they count as running.
  return status === "exited" || status === "dead" ? "exited" : "running";
}

function toHealth(status: string | undefined): Health {
  return status === "healthy" || status === "unhealthy" ? status : "starting";
}

/** Docker frames each chunk of a log with 8 bytes: stream, three zeros, big-endian length (Engine API, "attach"). */
export function demultiplex(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length;) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString("utf8");
}

/** What dockerode throws: `statusCode` and `json` are the engine's answer; without them there was none. */
type DockerodeError = Error & { statusCode?: number; json?: { message?: string } };

/** A 404 can also mean that a network, a volume or an image is missing; the error's own text always speaks of a container. */
function isGone({ statusCode, json }: DockerodeError): boolean {
  return statusCode === 404 && /^no such container/i.test(json?.message ?? "");
}

export function ignoring(...statuses: number[]) {
  return (error: DockerodeError): undefined => {
    if (error.statusCode !== undefined && statuses.includes(error.statusCode)) return undefined;
    throw error.statusCode === undefined ? unreachable(error) : error;
  };
}

export function unavailable(cause: DockerodeError): never {
  throw unreachable(cause);
}

function unreachable(cause: DockerodeError): AppError {
  const denied = "code" in cause && cause.code === "EACCES";
  const hint = denied
    ? "permission denied on its socket; run ./benchai up, or set DOCKER_GID in .env to the socket's group"
    : cause.message;
  return new AppError("docker_unavailable", `cannot reach the Docker engine: ${hint}`, {
    cause,
    retryAfterS: 2,
  });
}
