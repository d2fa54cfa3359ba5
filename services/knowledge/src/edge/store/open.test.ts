import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { addMemory, count, fill, temporaryFolder } from "../../../test/folder.ts";
import { damageOf } from "./integrity.ts";
import { openWriter } from "./open.ts";

test("S51: whatever a power cut leaves of the log, the database is whole and holds what came before the tear", () => {
  const folder = temporaryFolder();
  const path = join(folder, "knowledge.db");
  const db = openWriter(path);
  fill(db);
  db.pragma("wal_checkpoint(TRUNCATE)");
  for (let i = 0; i < 30; i += 1) addMemory(db)(`in the log ${i} ${"x".repeat(500)}`);
  const main = join(folder, "main");
  copyFileSync(path, main);
  const log = readFileSync(`${path}-wal`);
  db.close();
  const torn = join(folder, "torn.db");
  const tear = fc.record({ at: fc.integer({ min: 0, max: log.length }), isGarbled: fc.boolean() });
  fc.assert(
    fc.property(tear, ({ at, isGarbled }) => {
      copyFileSync(main, torn);
      const left = isGarbled
        ? Buffer.from(log).fill(0x5a, at, Math.min(at + 512, log.length))
        : log.subarray(0, at);
      writeFileSync(`${torn}-wal`, left);
      const after = openWriter(torn);
      const rows = count(after, "memories");
      expect(after.prepare("SELECT max(id) AS last FROM memories").get()).toEqual({ last: rows });
      expect(count(after, "memory_index")).toBe(rows);
      expect(rows).toBeGreaterThanOrEqual(20);
      if (at === log.length) expect(rows).toBe(50);
      after.close();
      expect(damageOf({ path: torn })).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});
