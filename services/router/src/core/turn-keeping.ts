import type { EnrichmentReport, EnrichmentRequest } from "@benchai/contract/enrichment";
import { assertNever } from "@benchai/kernel/assert-never";

import { emptyReport } from "./enrichment.ts";

/** Whether kept turns are read for memories, as the last look at knowledge told; `unknown` when it could not be reached. */
export type Extraction = "ready" | "no model" | "no knowledge" | "unknown";

/** Whether a turn is handed over after its answer, and what its client has to know when that is not for certain. */
export function keeping(
  { save }: EnrichmentRequest,
  question: string | undefined,
  extraction: Extraction,
): { readonly isKept: boolean; readonly note: string | undefined } {
  if (save !== true) return { isKept: false, note: undefined };
  if (question === undefined)
    return { isKept: false, note: "this turn is not kept: it has no user message with a text" };
  switch (extraction) {
    case "ready":
      return { isKept: true, note: undefined };
    case "unknown":
      return { isKept: true, note: "this turn may be lost: knowledge could not be reached just now" };
    case "no model":
      return {
        isKept: false,
        note: "this turn is not kept: no model reads turns for memories; set EXTRACT_MODEL in .env",
      };
    case "no knowledge":
      return {
        isKept: false,
        note: "this turn is not kept: no knowledge service is configured (KNOWLEDGE_URL)",
      };
    default:
      return assertNever(extraction);
  }
}

/** The report with one more note; one of nothing else when there was none. */
export function withNote(
  report: EnrichmentReport | undefined,
  note: string | undefined,
): EnrichmentReport | undefined {
  if (note === undefined) return report;
  return report ? { ...report, notes: [...report.notes, note] } : emptyReport(note);
}
