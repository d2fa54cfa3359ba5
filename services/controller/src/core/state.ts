/** A slot is the unit of identity: one name, at most one worker container, for ever. */
export type Slot = string;

export type DesiredWorker = {
  readonly slot: Slot;
  /** SHA-256 over everything whose change needs a new container (image, arguments, mounts, device). */
  readonly specHash: string;
  /** Memory the worker holds from `start` until it is removed, in MiB (GPU memory, or RAM on a CPU). */
  readonly memoryMiB: number;
};

export type ContainerState = "created" | "running" | "exited";
export type Health = "starting" | "healthy" | "unhealthy";

/** How a container ended. */
export type Exit = {
  readonly code: number;
  readonly oomKilled: boolean;
  /** The engine's own words when it could not start the container; empty otherwise. */
  readonly message: string;
};

export type ObservedWorker = {
  readonly containerId: string;
  readonly slot: Slot;
  readonly specHash: string;
  readonly memoryMiB: number;
  readonly state: ContainerState;
  readonly health: Health;
  /** When the container entered `state`, in epoch milliseconds, from `State.StartedAt`/`FinishedAt`. */
  readonly sinceMs: number;
  /** Which incarnation of the slot this is; set once, at create. */
  readonly generation: string;
  readonly containerName: string;
  /** Address in the workers' network; undefined while the container does not run. */
  readonly address?: string | undefined;
  readonly exit?: Exit | undefined;
};

/** `load`: never became healthy; `run`: had been healthy; `create`: the engine refused to make or start it. */
export type FailurePhase = "create" | "load" | "run";

export type Failure = {
  readonly phase: FailurePhase;
  readonly code: "model_failed" | "container_name_taken" | "docker_unavailable";
  /** One line for people: what happened and what to do. */
  readonly message: string;
  readonly containerId: string;
  readonly atMs: number;
};

/** What failing costs a slot: how often in a row, and when the next try is allowed. */
export type Penalty = {
  readonly failures: number;
  readonly retryAtMs: number;
  /** The spec that failed; another spec starts with a clean slate. */
  readonly specHash: string;
  readonly last: Failure;
};

export type World = {
  readonly desired: readonly DesiredWorker[];
  readonly observed: readonly ObservedWorker[];
  readonly penalties: ReadonlyMap<Slot, Pick<Penalty, "retryAtMs">>;
  /** Why a slot that runs is not desired, for the plan's causes. */
  readonly causes?: ReadonlyMap<Slot, string>;
  readonly memoryBudgetMiB: number;
  readonly nowMs: number;
};

/** Why a running worker that is wanted must go. */
export type Fault = "load deadline passed" | "unhealthy";

export type Limits = {
  /** How long a worker may stay `starting` before it is stopped, in ms. Model load from cold disk. */
  readonly loadDeadlineMs: number;
  /** Grace between SIGTERM and SIGKILL, in ms. */
  readonly stopGraceMs: number;
};

/** Each step is exactly one Docker API call, so a crash between two steps loses nothing. */
export type Step =
  | {
      readonly kind: "create";
      readonly slot: Slot;
      readonly desired: DesiredWorker;
      readonly generation: string;
      readonly cause: string;
    }
  | {
      readonly kind: "start";
      readonly slot: Slot;
      readonly containerId: string;
      readonly cause: string;
    }
  | {
      readonly kind: "stop";
      readonly slot: Slot;
      readonly containerId: string;
      readonly graceMs: number;
      readonly cause: string;
      /** The worker itself is at fault, so that stopping it costs its slot a penalty. */
      readonly fault?: Fault | undefined;
    }
  | {
      readonly kind: "remove";
      readonly slot: Slot;
      readonly containerId: string;
      readonly generation: string;
      readonly cause: string;
    };

export type Plan = {
  readonly steps: readonly Step[];
  /** When to look again even if nothing happens, in ms; undefined once the world matches. */
  readonly lookAgainInMs: number | undefined;
};
