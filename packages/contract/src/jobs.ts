import { type Static, Type } from "typebox";

export const jobStates = ["queued", "running", "done", "failed", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

export const jobKinds = ["index", "optimize", "extract"] as const;
export type JobKind = (typeof jobKinds)[number];

/**
 * One job. `done` never goes back, also not when a job is resumed; `total` is absent until it is known.
 * `GET /v1/jobs/{id}/events` sends this as server-sent events named `job` until the state is final.
 */
export const JobView = Type.Object({
  id: Type.String(),
  kind: Type.Enum(jobKinds),
  state: Type.Enum(jobStates),
  attempt: Type.Integer(),
  done: Type.Integer(),
  total: Type.Optional(Type.Integer()),
  message: Type.String(),
  result: Type.Optional(Type.Unknown()),
  error: Type.Optional(Type.String()),
  created_at: Type.String(),
  started_at: Type.Optional(Type.String()),
  finished_at: Type.Optional(Type.String()),
});
export type JobView = Static<typeof JobView>;
