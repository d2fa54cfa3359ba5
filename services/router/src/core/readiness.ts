import { AppError, type ErrorCode, errorStatus } from "@benchai/contract/errors";
import type { ModelView, StateReason, WorkerEndpoint } from "@benchai/contract/models";

/** What is known when a request asks whether it may go to its worker. */
export type Situation = {
  readonly model: string;
  /** Undefined before the first snapshot. */
  readonly view: ModelView | undefined;
  /** Undefined while no worker is ready, or the ready one just failed this router. */
  readonly endpoint: WorkerEndpoint | undefined;
  /** How long this request has waited for a worker, in ms; waiting for its turn does not count. */
  readonly waitedMs: number;
  /** Whether a worker died under this request: its restart is then waited for, not reported. */
  readonly isRetry: boolean;
  /** How long the controller has been away, in ms; undefined while it is connected. */
  readonly awayMs: number | undefined;
  readonly nowMs: number;
};

export type WaitLimits = {
  /** Longest wait for a worker, in ms. */
  readonly loadWaitMs: number;
  /** Longest wait for an absent controller, in ms. */
  readonly controllerWaitMs: number;
};

export type Decision =
  | { readonly kind: "send"; readonly endpoint: WorkerEndpoint }
  /** Ask again on the next snapshot, or after `recheckMs`, whichever is first. */
  | { readonly kind: "wait"; readonly recheckMs: number }
  | { readonly kind: "fail"; readonly error: AppError };

/** Whether a request goes to its worker now, waits for one, or gets an error; DESIGN invariants 6 and 12. */
export function decide(now: Situation, limits: WaitLimits): Decision {
  const { view, endpoint } = now;
  if (view?.state === "ready" && endpoint) return { kind: "send", endpoint };
  const failure = view && failureOf(view, now, limits);
  if (failure) return { kind: "fail", error: failure };
  return waitOrGiveUp(now, limits);
}

function failureOf(view: ModelView, now: Situation, limits: WaitLimits): AppError | undefined {
  const { state, reason } = view;
  if (state !== "failed" && state !== "crash-loop" && state !== "invalid") return undefined;
  const retryInMs = reason?.retryAtMs === undefined ? Infinity : reason.retryAtMs - now.nowMs;
  // A penalty that is over: this request's demand is what starts the next try.
  if (state !== "invalid" && retryInMs <= 0) return undefined;
  if (state === "failed" && now.isRetry && retryInMs <= limits.loadWaitMs - now.waitedMs) return undefined;
  const fallback = state === "invalid" ? "model_invalid" : "model_failed";
  return asError(reason, fallback, `the model ${view.name} is ${state}`, retryInMs);
}

function asError(
  reason: StateReason | undefined,
  fallback: ErrorCode,
  text: string,
  retryInMs: number,
): AppError {
  const code = reason && isErrorCode(reason.code) ? reason.code : fallback;
  const retryAfterS = Number.isFinite(retryInMs) ? Math.max(1, Math.ceil(retryInMs / 1_000)) : undefined;
  return new AppError(code, reason?.message ?? text, { retryAfterS, param: "model" });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorStatus, code);
}

function waitOrGiveUp(now: Situation, limits: WaitLimits): Decision {
  const loadLeftMs = limits.loadWaitMs - now.waitedMs;
  if (loadLeftMs <= 0) return { kind: "fail", error: stillLoading(now) };
  if (now.awayMs === undefined) return { kind: "wait", recheckMs: loadLeftMs };
  const awayLeftMs = limits.controllerWaitMs - Math.min(now.waitedMs, now.awayMs);
  if (awayLeftMs <= 0) return { kind: "fail", error: controllerAway(now) };
  return { kind: "wait", recheckMs: Math.min(loadLeftMs, awayLeftMs) };
}

function stillLoading({ model, view, waitedMs }: Situation): AppError {
  const why = view?.reason ? `: ${view.reason.message}` : "";
  return new AppError(
    "model_loading",
    `the model ${model} is ${progressText(view)} after ${Math.round(waitedMs / 1_000)} s${why}; try again`,
    { retryAfterS: 5, param: "model" },
  );
}

function controllerAway({ model }: Situation): AppError {
  return new AppError(
    "controller_unavailable",
    `the model ${model} is not loaded and the controller that would load it does not answer; see \`./benchai status\``,
    { retryAfterS: 2 },
  );
}

/** Where a model stands, in words for a person who waits for it. */
export function progressText(view: ModelView | undefined): string {
  if (!view) return "waiting for the controller";
  return view.state === "ready" ? "restarting" : view.state;
}
