import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { AppError } from "@benchai/contract/errors";
import { createLogger } from "@benchai/kernel/log";

import { fill, temporaryFolder } from "../test/folder.ts";
import { Backups, type BackupsDeps } from "./backups.ts";
import { storedBackups } from "./edge/store/stored-backups.ts";
import { openWriter } from "./edge/store/open.ts";
import { withCaretaker } from "./storage.ts";

const hourMs = 3_600_000;

/** Backups of a real database by the real thread, at a time that the test sets. */
function ground(change: Partial<BackupsDeps> = {}) {
  const folder = temporaryFolder();
  const database = join(folder, "knowledge.db");
  const db = openWriter(database);
  fill(db);
  onTestFinished(() => void db.close());
  const clock = { nowMs: Date.UTC(2026, 10, 24) };
  const deps: BackupsDeps = {
    database,
    folder: join(folder, "backups"),
    everyMs: 24 * hourMs,
    keep: 3,
    log: createLogger("test", "silent"),
    now: () => clock.nowMs,
    backUp: (argument) => withCaretaker((calls) => calls.backUp(argument)),
    ...change,
  };
  const backups = new Backups(deps);
  onTestFinished(() => backups.close());
  const names = () => storedBackups(deps.folder).map(({ name }) => name);
  return { backups, clock, names, deps };
}

describe("backups", () => {
  test("the first is made as soon as the service runs, by a thread of its own", async () => {
    const { backups, names } = ground();
    expect(backups.lastAgeMs).toBeNull();
    backups.start();
    await expect.poll(names).toEqual(["knowledge-20261124T000000Z.db"]);
    await expect.poll(() => backups.lastAgeMs).toBe(0);
  });

  test("no more than the wanted number stay", async () => {
    const { backups, clock, names } = ground();
    for (let day = 0; day < 5; day += 1) {
      clock.nowMs += 24 * hourMs;
      await backups.run();
    }
    expect(names().toSorted()).toEqual(["27", "28", "29"].map((day) => `knowledge-202611${day}T000000Z.db`));
  });

  test("two at once are one", async () => {
    const { backups, names } = ground();
    const [one, two] = await Promise.all([backups.run(), backups.run()]);
    expect(one).toBe(two);
    expect(names()).toHaveLength(1);
  });

  test("one that fails is reported, keeps the older ones, and the next good one clears it", async () => {
    let isFull = false;
    const full = new AppError("storage_full", "/backups: the disk that holds it is full");
    const { backups, clock, names } = ground({
      keep: 1,
      backUp: (argument) =>
        isFull ? Promise.reject(full) : withCaretaker((calls) => calls.backUp(argument)),
    });
    await backups.run();
    const [kept] = names();
    isFull = true;
    clock.nowMs += hourMs;
    await expect(backups.run()).rejects.toBe(full);
    expect(backups.problem).toMatch(/full/u);
    expect(names()).toEqual([kept]);
    isFull = false;
    await backups.run();
    expect(backups.problem).toBeUndefined();
    expect(names()).toHaveLength(1);
    expect(names()).not.toContain(kept);
  });

  test("none are made on a schedule when that is turned off", async () => {
    const { backups, names } = ground({ everyMs: 0 });
    backups.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(names()).toEqual([]);
  });
});
