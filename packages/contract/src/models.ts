import { type Static, Type } from "typebox";

import { EnrichmentRequest } from "./enrichment.ts";

/**
 * Where a model stands.
 * - `unloaded`: nobody asked for it. `queued`: wanted, waits for room or for a restart.
 * - `loading`: its worker runs and is not healthy yet. `ready`: its worker answers.
 * - `stopping`: its worker goes away.
 * - `failed`: its last load failed; it waits out a penalty. `crash-loop`: the same, three times or more.
 * - `invalid`: its file or settings cannot work until somebody changes them.
 */
export const modelStates = [
  "unloaded",
  "queued",
  "loading",
  "ready",
  "stopping",
  "failed",
  "crash-loop",
  "invalid",
] as const;
export const ModelState = Type.Enum(modelStates);
export type ModelState = (typeof modelStates)[number];

export const modelKinds = ["chat", "embedding", "rerank", "transcription"] as const;
export type ModelKind = (typeof modelKinds)[number];

/** Why a model is not ready; `code` is one of the error codes that a request for it would get. */
export const StateReason = Type.Object({
  code: Type.String(),
  message: Type.String(),
  /** Epoch ms before which asking again cannot help; absent when waiting does not help at all. */
  retryAtMs: Type.Optional(Type.Number()),
});
export type StateReason = Static<typeof StateReason>;

/** A worker as everybody may see it. */
export const WorkerView = Type.Object({
  containerId: Type.String(),
  containerName: Type.String(),
  generation: Type.String(),
  state: Type.String(),
  health: Type.String(),
  sinceMs: Type.Number(),
});
export type WorkerView = Static<typeof WorkerView>;

/** How a router reaches a ready worker: its address and the key that only this generation accepts. */
export const WorkerEndpoint = Type.Object({
  /** Unique among all workers of the stack, for ever. */
  generation: Type.String(),
  url: Type.String(),
  apiKey: Type.String(),
});
export type WorkerEndpoint = Static<typeof WorkerEndpoint>;

export const ModelView = Type.Object({
  name: Type.String(),
  aliases: Type.Array(Type.String()),
  slot: Type.String(),
  kind: Type.Enum(modelKinds),
  state: ModelState,
  reason: Type.Optional(StateReason),
  /** Epoch seconds of the model file's last change. */
  createdS: Type.Integer(),
  sizeBytes: Type.Integer(),
  contextTokens: Type.Integer(),
  parallel: Type.Integer(),
  memoryMiB: Type.Integer(),
  pinned: Type.Boolean(),
  device: Type.Object({ wanted: Type.String(), actual: Type.String() }),
  /** Failures in a row since the last good run. */
  failures: Type.Integer(),
  worker: Type.Optional(WorkerView),
});
export type ModelView = Static<typeof ModelView>;

/** `GET /workers`: everything the controller knows, without secrets. Ages are in ms. */
export const ControllerStatus = Type.Object({
  stack: Type.String(),
  role: Type.Union([Type.Literal("leader"), Type.Literal("passive")]),
  lookAgeMs: Type.Union([Type.Number(), Type.Null()]),
  engine: Type.Object({ ok: Type.Boolean(), message: Type.Optional(Type.String()) }),
  config: Type.Object({ ok: Type.Boolean(), message: Type.Optional(Type.String()) }),
  models: Type.Array(ModelView),
});
export type ControllerStatus = Static<typeof ControllerStatus>;

/** A virtual model: a real one with a system prompt, and what may be put into its prompts. */
export const Assistant = Type.Object({
  name: Type.String(),
  /** The name or an alias of a model; it need not exist. */
  model: Type.String(),
  description: Type.Optional(Type.String()),
  system: Type.Optional(Type.String()),
  /** The voice that speaks its answers. */
  voice: Type.Optional(Type.String()),
  enrichment: EnrichmentRequest,
});
export type Assistant = Static<typeof Assistant>;

/** Whose memory and documents a request sees: known by the SHA-256 of its API key, in lower-case hex. */
export const Owner = Type.Object({ name: Type.String(), keys: Type.Array(Type.String()) });
export type Owner = Static<typeof Owner>;

/**
 * `GET /events`: server-sent events named `snapshot`, each a whole `Snapshot`; sent on connect and on
 * every change, with a comment as heartbeat every `snapshotHeartbeatMs`. Internal network only.
 */
export const Snapshot = Type.Object({
  status: ControllerStatus,
  /** By slot; only for models that are `ready`. */
  endpoints: Type.Record(Type.String(), WorkerEndpoint),
  /** Absent when `benchai.yaml` names none. */
  assistants: Type.Optional(Type.Array(Assistant)),
  owners: Type.Optional(Type.Array(Owner)),
});
export type Snapshot = Static<typeof Snapshot>;
export const snapshotHeartbeatMs = 2_000;
