import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  backupName,
  backupsToDelete,
  backupTimeMs,
  forgetNotice,
  lastVerified,
  nextBackupMs,
  type StoredBackup,
} from "./backup-plan.ts";

const seconds = fc.integer({ min: 0, max: 4_000_000_000 }).map((s) => s * 1_000);
const backups: fc.Arbitrary<StoredBackup[]> = fc.uniqueArray(
  fc
    .record({ madeMs: seconds, isVerified: fc.boolean() })
    .map((some) => ({ ...some, name: backupName(some.madeMs) })),
  { selector: ({ name }) => name, maxLength: 20 },
);

describe("a backup's name", () => {
  test("says when it was made", () => {
    expect(backupName(Date.UTC(2026, 10, 24, 1, 34))).toBe("knowledge-20261124T013400Z.db");
    fc.assert(fc.property(seconds, (ms) => backupTimeMs(backupName(ms)) === ms));
  });

  test.each(["knowledge.db", "knowledge-20261124T013400Z.db.json", "knowledge-20269924T013400Z.db", "../x"])(
    "%s is not one",
    (name) => expect(backupTimeMs(name)).toBeUndefined(),
  );
});

describe("rotation", () => {
  test("keeps the newest, and never deletes the last verified one", () => {
    fc.assert(
      fc.property(backups, fc.integer({ min: -1, max: 10 }), (all, keep) => {
        const gone = backupsToDelete(all, keep);
        const kept = all.filter((backup) => !gone.includes(backup));
        const oldestFew = new Set(all.toSorted((a, b) => a.madeMs - b.madeMs).slice(0, gone.length + 1));
        expect(kept.length).toBeLessThanOrEqual(Math.max(1, keep) + 1);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(all.length, Math.max(1, keep)));
        expect(gone.every((backup) => oldestFew.has(backup))).toBe(true);
        expect(lastVerified(kept)).toEqual(lastVerified(all));
      }),
    );
  });
});

describe("the next backup", () => {
  const hourMs = 3_600_000;
  const one = (madeMs: number, isVerified = true) => ({ name: backupName(madeMs), madeMs, isVerified });

  test("is due an interval after the last verified one", () => {
    expect(nextBackupMs([one(5 * hourMs), one(9 * hourMs, false)], 24 * hourMs, 10 * hourMs)).toBe(
      29 * hourMs,
    );
  });

  test("is due at once when there is none, when it is overdue, and when the last is of the future", () => {
    expect(nextBackupMs([], hourMs, 7)).toBe(7);
    expect(nextBackupMs([one(0)], hourMs, 3 * hourMs)).toBe(3 * hourMs);
    expect(nextBackupMs([one(9 * hourMs)], hourMs, 3 * hourMs)).toBe(3 * hourMs);
  });
});

describe("what a deletion leaves in the backups", () => {
  const one = { name: backupName(0), madeMs: 0, isVerified: true };

  test("is told with the time that it stays and the command that ends it", () => {
    expect(forgetNotice([one, one], 7, 24 * 3_600_000)).toBe(
      "2 backups made before still hold it: they are gone within 7 days, and at once after ./benchai backup --prune",
    );
    expect(forgetNotice([one], 7, 0)).toContain("until you delete them");
    expect(forgetNotice([], 7, 24 * 3_600_000)).toBeUndefined();
  });
});
