import type { ControllerStatus, ModelView } from "@benchai/contract/models";

import type { Decision } from "./decide.ts";
import { planText } from "./plan.ts";

/** The state of everything as an aligned table for a terminal; `./benchai status` prints it as it is. */
export function statusText(status: ControllerStatus, nowMs: number): string {
  const head = `controller: ${status.role}, engine ${status.engine.ok ? "ok" : `away (${status.engine.message})`}, config ${status.config.ok ? "ok" : `rejected, the last good one is in force\n${status.config.message}`}`;
  const rows = [
    ["MODEL", "STATE", "WORKER", "HEALTH", "AGE", "FAILURES", "MEMORY", "DEVICE", "CONTEXT"],
    ...status.models.map((m) => modelRow(m, nowMs)),
  ];
  const reasons = status.models.flatMap((m) => (m.reason ? [`${m.name}: ${m.reason.message}`] : []));
  return [head, "", ...align(rows), ...(reasons.length > 0 ? ["", ...reasons] : []), ""].join("\n");
}

function modelRow(m: ModelView, nowMs: number): string[] {
  const ageS = m.worker ? Math.max(0, Math.round((nowMs - m.worker.sinceMs) / 1000)) : undefined;
  return [
    m.name,
    m.state,
    m.worker?.containerId.slice(0, 12) ?? "-",
    m.worker?.health ?? "-",
    ageS === undefined ? "-" : `${ageS} s`,
    `${m.failures}`,
    `${m.memoryMiB} MiB`,
    m.device.actual,
    `${m.contextTokens} x ${m.parallel}`,
  ];
}

function align(rows: readonly string[][]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((r) => r[i]?.length ?? 0))) ?? [];
  return rows.map((r) =>
    r
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** What the controller would do now and why, one line a step, then who waits for what. */
export function decisionText(d: Decision): string {
  const steps = planText(d.plan) || "nothing to do";
  const blocked = [...d.residency.blocked].map(([slot, why]) => `blocked ${slot} (${why})`);
  const again =
    d.plan.lookAgainInMs === undefined ? [] : [`look again in ${Math.ceil(d.plan.lookAgainInMs)} ms`];
  return [steps, ...blocked, ...again, ""].join("\n");
}
