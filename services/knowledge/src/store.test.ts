import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";

import { temporaryFolder } from "../test/folder.ts";
import { startStore } from "./store.ts";

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

const child = fileURLToPath(new URL("../test/full-disk-child.ts", import.meta.url));

test.runIf(canMount)(
  "S52: /readyz says that the disk takes no writes, as long as that is so, and no longer",
  () => {
    const disk = join(temporaryFolder(), "disk");
    mkdirSync(disk);
    const script = `mount -t tmpfs -o size=8m none "$1" && mkdir "$1/data" && "$2" "$3" "$1"`;
    const args = ["-m", "sh", "-c", script, "sh", disk, process.execPath, child];
    const run = spawnSync("unshare", args, { encoding: "utf8" });
    expect(run.stdout, run.stderr).toMatch(/^\{.*\}\n$/u);
    const full = [
      expect.stringMatching(
        /^writes fail, reading goes on: .*knowledge\.db: the disk that holds it is full/u,
      ),
    ];
    expect(JSON.parse(run.stdout)).toEqual({
      first: 200,
      before: [],
      refusal: 507,
      full,
      // Nothing was written for it, so it proves nothing.
      duplicate: 200,
      stillFull: full,
      afterwards: 200,
      freed: [],
    });
  },
  60_000,
);

test("a database that somebody else holds is a write problem until it is let go", async () => {
  const path = join(temporaryFolder(), "knowledge.db");
  const store = await startStore(path, (error) => {
    throw error;
  });
  onTestFinished(() => store.close());
  const add = (content: string) =>
    store.write.addMemory({ owner: "ann", request: { content }, nowMs: Date.now() });
  await add("the first one goes through");
  expect(store.writeProblem()).toBeUndefined();
  const other = new Database(path);
  other.exec("BEGIN IMMEDIATE");
  await expect(add("the second one waits in vain")).rejects.toMatchObject({ code: "storage_unavailable" });
  expect(store.writeProblem()?.why).toMatch(/another program holds it/u);
  other.close();
  await add("the third one goes through");
  expect(store.writeProblem()).toBeUndefined();
}, 60_000);
