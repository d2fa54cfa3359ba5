import { describe, expect, test } from "vitest";

import { knowledgeHealth, type KnowledgeSeen } from "./knowledge-health.ts";

const hourMs = 3_600_000;
const well: KnowledgeSeen = {
  storageProblem: undefined,
  integrity: "sound",
  writeProblem: undefined,
  isQueueConnected: true,
  hasExtractModel: true,
  embedder: { state: "ready" },
  refusedTexts: 0,
  lastBackupAgeMs: hourMs,
  backupEveryMs: 24 * hourMs,
  backupProblem: undefined,
  unwatched: [],
  vault: undefined,
  isDraining: false,
};
const healthOf = (change: Partial<KnowledgeSeen>) => knowledgeHealth({ ...well, ...change });

describe("the health of knowledge", () => {
  test("is ok when all is well, also while a large database is still checked or has no backup yet", () => {
    const ok = {
      ready: true,
      status: "ok",
      reasons: [],
      features: { memory: true, rag: true, obsidian: false, extraction: true },
    };
    expect(healthOf({})).toEqual(ok);
    expect(healthOf({ integrity: "checking", lastBackupAgeMs: null })).toEqual(ok);
    expect(healthOf({ lastBackupAgeMs: 99 * hourMs, backupEveryMs: 0 })).toEqual(ok);
  });

  test.each<[string, Partial<KnowledgeSeen>, RegExp]>([
    [
      "storage refused",
      { storageProblem: { code: "storage_corrupt", message: "torn" } },
      /storage_corrupt: torn/u,
    ],
    ["damage found later", { integrity: "damaged" }, /storage_corrupt/u],
    ["shutting down", { isDraining: true }, /shutting down/u],
  ])("S52: %s: not ready, no features, and the reason", (_what, change, reason) => {
    const health = healthOf(change);
    expect(health).toMatchObject({
      ready: false,
      status: "down",
      features: { memory: false, rag: false, extraction: false },
    });
    expect(health.reasons.join("\n")).toMatch(reason);
  });

  test("tells that turns are not read when no model is there to read them, and that is no degradation", () => {
    expect(healthOf({ hasExtractModel: false })).toMatchObject({
      status: "ok",
      features: { memory: true, rag: true, extraction: false },
    });
  });

  test.each<[string, Partial<KnowledgeSeen>, RegExp]>([
    ["S57: the queue is away", { isQueueConnected: false }, /valkey.*jobs wait/u],
    [
      "S52: writes fail",
      { writeProblem: { why: "disk full", ageMs: 130_000 } },
      /reading goes on: disk full; the newest failed 2 min ago/u,
    ],
    ["the embedder failed", { embedder: { state: "failed", message: "no file" } }, /lexical: no file/u],
    ["texts were refused", { refusedTexts: 2 }, /refuses .*words alone: 2$/u],
    ["the backup failed", { backupProblem: "disk full" }, /backup failed: disk full/u],
    ["the backup is late", { lastBackupAgeMs: 37 * hourMs }, /37 h old/u],
    [
      "a folder is not watched",
      { unwatched: [{ source: "notes", why: "gone" }] },
      /notes is not watched: gone/u,
    ],
    ["the check broke", { integrity: "unchecked" }, /could not run/u],
  ])("%s: degraded and ready", (_what, change, reason) => {
    const health = healthOf(change);
    expect(health).toMatchObject({ ready: true, status: "degraded", features: { memory: true, rag: true } });
    expect(health.reasons).toHaveLength(1);
    expect(health.reasons[0]).toMatch(reason);
  });

  test("tells a vault that is there from one that is away", () => {
    expect(healthOf({ vault: { problem: undefined } })).toMatchObject({
      status: "ok",
      features: { obsidian: true },
    });
    expect(healthOf({ vault: { problem: "not mounted" } })).toMatchObject({
      ready: true,
      status: "degraded",
      reasons: ["the Obsidian vault is away: not mounted"],
      features: { obsidian: false, rag: true },
    });
  });
});
