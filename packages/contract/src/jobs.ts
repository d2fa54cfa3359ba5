import { type Static, Type } from "typebox";

export const jobStates = ["queued", "running", "done", "failed", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

/** Kinds of the knowledge service's jobs, and of the speech service's. */
export const jobKinds = ["index", "optimize", "extract"] as const;
export type JobKind = (typeof jobKinds)[number];
export const audioJobKinds = ["speech"] as const;
export type AudioJobKind = (typeof audioJobKinds)[number];

const progress = {
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
};
const Progress = Type.Object(progress);

/** A job of one of these kinds. */
export type JobViewOf<Kind extends string> = Static<typeof Progress> & {
  readonly id: string;
  readonly kind: Kind;
};

/**
 * One job. `done` never goes back, also not when a job is resumed; `total` is absent until it is known.
 * `GET /v1/jobs/{id}/events` sends this as server-sent events named `job` until the state is final.
 */
export const JobView = Type.Object({ id: Type.String(), kind: Type.Enum(jobKinds), ...progress });
export type JobView = Static<typeof JobView>;

/** A long text that is spoken to a file. `done` and `total` count its sentences; `result` is an `AudioJobResult`. */
export const AudioJobView = Type.Object({ id: Type.String(), kind: Type.Enum(audioJobKinds), ...progress });
export type AudioJobView = Static<typeof AudioJobView>;

/** While the job runs there is `audio_seconds`, how much sound is made; the rest when it is done. */
export type AudioJobResult = {
  readonly audio_seconds: number;
  readonly format?: string;
  readonly content_type?: string;
  readonly bytes?: number;
  readonly engines?: readonly string[];
};
