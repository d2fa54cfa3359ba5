import type { AppError } from "@benchai/contract/errors";

import type { WriteProblem } from "./write-outcomes.ts";

/** `unchecked`: the check itself broke, which says nothing of the database. */
export type Integrity = "checking" | "sound" | "damaged" | "unchecked";

/** What the service has seen of itself and its neighbours. Ages and intervals in ms. */
export type KnowledgeSeen = {
  /** Why the database may not be used; undefined when it may. */
  readonly storageProblem: Pick<AppError, "code" | "message"> | undefined;
  /** The full integrity check: a large database is served while it still runs. */
  readonly integrity: Integrity;
  /** The newest write that the storage refused, and none has succeeded since. */
  readonly writeProblem: WriteProblem | undefined;
  readonly isQueueConnected: boolean;
  /** Whether a model is named that reads kept turns. */
  readonly hasExtractModel: boolean;
  readonly embedder: { readonly state: "loading" | "ready" | "failed"; readonly message?: string };
  /** How many texts have no vector because the model refuses them. */
  readonly refusedTexts: number;
  /** Null before the first; every `backupEveryMs` there should be one, 0 turns them off. */
  readonly lastBackupAgeMs: number | null;
  readonly backupEveryMs: number;
  readonly backupProblem: string | undefined;
  /** Sources that should be watched and are not, with the reason. */
  readonly unwatched: readonly { readonly source: string; readonly why: string }[];
  /** Undefined when none is configured. */
  readonly vault: { readonly problem: string | undefined } | undefined;
  readonly isDraining: boolean;
};

export type KnowledgeHealth = {
  /** Whether data can be read. What is not ready still answers, with the reason. */
  readonly ready: boolean;
  readonly status: "ok" | "degraded" | "down";
  readonly reasons: readonly string[];
  /** `extraction`: kept turns are read for memories. */
  readonly features: {
    readonly memory: boolean;
    readonly rag: boolean;
    readonly obsidian: boolean;
    readonly extraction: boolean;
  };
};

/**
 * Health from what was seen. A damaged database makes the service unready and its features false while the API
 * goes on to say why; without the queue, the embedder or fresh backups it works, with less, and says so.
 */
export function knowledgeHealth(seen: KnowledgeSeen): KnowledgeHealth {
  const reasons = [...blockers(seen), ...degradations(seen)];
  const isUsable = blockers(seen).length === 0;
  const { vault } = seen;
  const obsidian = isUsable && vault !== undefined && vault.problem === undefined;
  const status = isUsable ? (reasons.length > 0 ? "degraded" : "ok") : "down";
  const features = {
    memory: isUsable,
    rag: isUsable,
    obsidian,
    extraction: isUsable && seen.hasExtractModel,
  };
  return { ready: isUsable, status, reasons, features };
}

function blockers({ isDraining, storageProblem, integrity }: KnowledgeSeen): readonly string[] {
  if (isDraining) return ["shutting down"];
  if (storageProblem) return [`${storageProblem.code}: ${storageProblem.message}`];
  return integrity === "damaged" ? ["storage_corrupt: the integrity check found damage"] : [];
}

function degradations(seen: KnowledgeSeen): readonly string[] {
  const { embedder, integrity, writeProblem, unwatched } = seen;
  return [
    ...(writeProblem ? [writeReason(writeProblem)] : []),
    ...(integrity === "unchecked" ? ["the integrity check of the database could not run"] : []),
    ...(seen.isQueueConnected ? [] : ["the job queue (valkey) is away: jobs wait, all else works"]),
    ...(embedder.state === "failed"
      ? [`the embedder failed, search is lexical: ${embedder.message ?? "no reason given"}`]
      : []),
    ...(seen.refusedTexts > 0
      ? [
          `texts that the embedding model refuses (the log says why), found by their words alone: ${seen.refusedTexts}`,
        ]
      : []),
    ...backupReasons(seen),
    ...(seen.vault?.problem === undefined ? [] : [`the Obsidian vault is away: ${seen.vault.problem}`]),
    ...unwatched.map(({ source, why }) => `source ${source} is not watched: ${why}`),
  ];
}

function writeReason({ why, ageMs }: WriteProblem): string {
  const minutes = Math.floor(ageMs / 60_000);
  const when = minutes === 0 ? "in the last minute" : `${minutes} min ago`;
  return `writes fail, reading goes on: ${why}; the newest failed ${when}`;
}

/** Late is half an interval over: a backup takes its time, and a machine may have been asleep. */
function backupReasons({ backupEveryMs, lastBackupAgeMs, backupProblem }: KnowledgeSeen): readonly string[] {
  if (backupEveryMs === 0) return [];
  if (backupProblem !== undefined) return [`the last backup failed: ${backupProblem}`];
  if (lastBackupAgeMs === null || lastBackupAgeMs <= 1.5 * backupEveryMs) return [];
  return [`the last verified backup is ${Math.round(lastBackupAgeMs / 3_600_000)} h old`];
}
