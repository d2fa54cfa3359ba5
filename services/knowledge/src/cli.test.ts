import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { addMemory, count, fill, temporaryFolder } from "../test/folder.ts";
import { backUp } from "./edge/store/backup.ts";
import { dataFiles } from "./edge/store/data-folder.ts";
import { openWriter } from "./edge/store/open.ts";

function ground() {
  const dataDir = temporaryFolder();
  const { database, backups } = dataFiles(dataDir);
  const db = openWriter(database);
  fill(db);
  const cli = (args: readonly string[], input?: Buffer) => {
    const options = { encoding: "utf8", env: { ...process.env, DATA_DIR: dataDir }, input } as const;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, "cli.ts"), ...args],
      options,
    );
    return { status, lines: stdout.trimEnd().split("\n"), stderr };
  };
  return { db, database, backups, dataDir, cli };
}

const field = (lines: readonly string[], name: string) =>
  lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "";

test("a backup goes out beside a running writer and comes back through stdin", () => {
  const { db, database, cli } = ground();
  const made = cli(["backup"]);
  expect(made, made.stderr).toMatchObject({ status: 0, stderr: "" });
  expect(field(made.lines, "rows")).toBe("memories=20 collections=1 documents=1 chunks=1 files=0");
  expect(cli(["backups"]).lines).toEqual([
    `${field(made.lines, "name")} ${field(made.lines, "bytes")} verified`,
  ]);
  addMemory(db)("learned later");
  db.close();
  const restored = cli(["restore", "-"], readFileSync(field(made.lines, "path")));
  expect(restored, restored.stderr).toMatchObject({ status: 0, stderr: "" });
  const after = openWriter(database);
  expect(count(after, "memories")).toBe(20);
  after.close();
});

test("backup --prune leaves one copy, without what was forgotten", async () => {
  const { db, database, backups, dataDir, cli } = ground();
  const { name: old } = await backUp({ database, folder: backups, nowMs: 0 });
  db.close();
  cli(["restore", old]);
  const again = openWriter(database);
  again.exec("DELETE FROM memories WHERE id = 7");
  again.close();
  const pruned = cli(["backup", "--prune"]);
  const name = field(pruned.lines, "name");
  expect(pruned.lines).toContain(`deleted ${old}`);
  expect(readdirSync(backups).toSorted()).toEqual([name, `${name}.json`]);
  expect(readdirSync(dataDir).filter((file) => file.startsWith("replaced"))).toEqual([]);
  expect(readFileSync(join(backups, name)).includes("statement 6")).toBe(false);
});

test("an evaluation runs beside a writer, of questions that come through stdin", () => {
  const { db, cli } = ground();
  const asked = cli(
    ["eval", "--questions", "-", "--collection", "notes", "--verbose"],
    Buffer.from('{"question":"brown fox","path":"a.md"}\n'),
  );
  expect(asked, asked.stderr).toMatchObject({ status: 0, stderr: "" });
  expect(asked.lines).toContain("1 of your questions");
  expect(asked.lines.join("\n")).toMatch(/^words +1\.000 ± 0\.000 +1\.000 +1\.000/mu);
  expect(asked.lines.at(-1)).toMatch(/^every question found its document first/u);
  db.close();
});

test.each([
  [["fly"], /^usage: backup .*; restore/u],
  [["restore"], /^usage: restore/u],
  [["backup", "--now"], /^usage: backup/u],
  [["eval", "--fast"], /^usage: eval/u],
  [["eval", "--questions", "file.jsonl"], /^usage: eval/u],
  [["eval", "--collection", "none"], /^there is no collection "none"/u],
  [["restore", "none.db"], /^there is no backup "none\.db"/u],
])("%j is refused in one line", (args, why) => {
  const { db, cli } = ground();
  const refused = cli(args);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(why);
  expect(refused.stderr.trimEnd()).not.toContain("\n");
  db.close();
});
