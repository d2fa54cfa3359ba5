import { AppError } from "@benchai/contract/errors";

import type { Failure, FailurePhase, Fault, Limits, ObservedWorker } from "./state.ts";

/** Exit codes of a container that was asked to end: by itself, and by SIGTERM. */
const asked = new Set([0, 143]);

/**
 * Whether an exited container failed. One that we stopped did not, nor did one that ended as if it had
 * been stopped (a controller that was killed after its `stop` does not remember it) unless it was loading.
 */
export function isFailure(
  worker: ObservedWorker,
  stoppedByUs: ReadonlySet<string>,
  wasHealthy: boolean,
): boolean {
  if (worker.state !== "exited" || stoppedByUs.has(worker.containerId)) return false;
  if (!worker.exit || worker.exit.oomKilled) return true;
  return !(asked.has(worker.exit.code) && wasHealthy) && worker.exit.code !== 143;
}

/** The failure in one line for people: the model, how it ended, what it said last, what to do. */
export function describeExit(
  model: string,
  worker: ObservedWorker,
  phase: FailurePhase,
  logTail: readonly string[],
  memoryMiB: number,
): Failure {
  const { exit, containerId } = worker;
  const when = phase === "load" ? "while loading" : "while running";
  const how = exit?.oomKilled
    ? `was killed ${when} because it ran out of memory (limit ${memoryMiB} MiB); give the model less context or fewer parallel slots, or raise its memoryMiB in benchai.yaml`
    : `ended ${when} with exit code ${exit?.code ?? "unknown"}`;
  return {
    phase,
    code: "model_failed",
    message: `the worker of model ${model} ${how}${lastWords(logTail)}`,
    containerId,
    atMs: worker.sinceMs,
  };
}

/** The failure of a worker that ran and did not work, so that we stop it. */
export function describeFault(
  model: string,
  { containerId }: ObservedWorker,
  fault: Fault,
  logTail: readonly string[],
  { loadDeadlineMs, nowMs }: Pick<Limits, "loadDeadlineMs"> & { readonly nowMs: number },
): Failure {
  const how =
    fault === "unhealthy"
      ? "stopped answering its health checks and was stopped"
      : `was not ready ${loadDeadlineMs / 1000} s after its start and was stopped; raise limits.loadDeadlineS in benchai.yaml if it needs longer`;
  return {
    phase: fault === "unhealthy" ? "run" : "load",
    code: "model_failed",
    message: `the worker of model ${model} ${how}${lastWords(logTail)}`,
    containerId,
    atMs: nowMs,
  };
}

/** The engine would not make or start the worker of `model`. */
export function describeRefusal(model: string, error: Error, nowMs: number): Failure {
  const isTaken = error instanceof AppError && error.code === "container_name_taken";
  const said = oneLine(error.message);
  return {
    phase: "create",
    code: isTaken ? "container_name_taken" : "model_failed",
    message: isTaken ? said : `the engine refused the worker of ${model}: ${said}`,
    containerId: "",
    atMs: nowMs,
  };
}

function lastWords(logTail: readonly string[]): string {
  const said = tellingLines(logTail);
  return said ? `; it said: ${said}` : "";
}

const telling = /error|fail|invalid|unknown|cannot|unable|missing|not found|abort|assert|exception/i;
const longestChars = 600;
/** llama-server's own prefix: time since its start and level. */
const logPrefix = /^\d+\.\d+\.\d+\.\d+ [A-Z] +/;

/**
 * The lines most likely to say why: the first that speak of an error, as those after it only repeat that there was
 * one; else the last. Without control characters, so that a log cannot forge another.
 */
export function tellingLines(lines: readonly string[]): string {
  const clean = lines.map((l) => oneLine(l).replace(logPrefix, "")).filter((l) => l !== "");
  const chosen = clean.filter((l) => telling.test(l));
  const text = (chosen.length > 0 ? chosen.slice(0, 3) : clean.slice(-3)).join(" | ");
  return text.length > longestChars ? `${text.slice(0, longestChars)}…` : text;
}

/** Also without format characters (bidirectional overrides and the like) and Unicode's own line ends. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
