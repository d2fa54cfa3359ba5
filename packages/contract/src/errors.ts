/**
 * The error vocabulary every service shares. `code` is the stable contract (clients and tests
 * match on it); `message` is for people and may change. docs/api.md explains each one.
 */
export const errorStatus = {
  invalid_request: 400,
  invalid_json: 400,
  duplicate_key: 400,
  ssml_malformed: 400,
  voice_not_found: 400,
  host_not_allowed: 403,
  origin_not_allowed: 403,
  vault_read_only: 403,
  not_found: 404,
  model_not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  job_not_done: 409,
  result_gone: 410,
  note_changed: 412,
  body_too_large: 413,
  unsupported_media_type: 415,
  audio_unreadable: 422,
  document_unreadable: 422,
  memory_refused: 422,
  model_invalid: 422,
  precondition_required: 428,
  queue_full: 429,
  internal_error: 500,
  invalid_config: 500,
  speech_failed: 502,
  upstream_failed: 502,
  model_failed: 503,
  model_loading: 503,
  no_room: 503,
  container_name_taken: 503,
  image_unavailable: 503,
  docker_unavailable: 503,
  embedder_unavailable: 503,
  knowledge_unavailable: 503,
  queue_unavailable: 503,
  speech_unavailable: 503,
  storage_corrupt: 503,
  storage_unavailable: 503,
  controller_unavailable: 503,
  not_leader: 503,
  shutting_down: 503,
  upstream_timeout: 504,
  storage_full: 507,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorStatus;

export type AppErrorOptions = ErrorOptions & {
  readonly retryAfterS?: number | undefined;
  readonly param?: string | undefined;
};

/** An error that a caller may see: what went wrong, on what, and what to do about it. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  /** Seconds a caller should wait before trying again; absent when a retry cannot help. */
  readonly retryAfterS: number | undefined;
  /** The request field at fault, as a JSON path such as `messages`. */
  readonly param: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterS = options.retryAfterS;
    this.param = options.param;
  }

  get status(): number {
    return errorStatus[this.code];
  }
}
