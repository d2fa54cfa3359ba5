import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { run } from "./sandbox.ts";
import { stubEngine } from "./stub-docker.ts";

const bytes = "SQLite format 3 and so on";
const sha256 = createHash("sha256").update(bytes).digest("hex");
const name = "knowledge-20261124T013400Z.db";
const path = `/var/lib/benchai/knowledge/backups/${name}`;
const cli = "knowledge node services/knowledge/src/cli.ts";

/** A stack whose knowledge service runs, or not, and backs up `bytes`. */
function stack({ isRunning = true } = {}) {
  const engine = stubEngine();
  engine.answer("images", "benchai/knowledge:local\n");
  engine.answer("knowledge", isRunning ? "abc123\n" : "");
  engine.answer("backup-bytes", bytes);
  engine.answer(
    "backup-said",
    `name ${name}\npath ${path}\nbytes ${bytes.length}\nrows memories=20 documents=1\nsha256 ${sha256}\n`,
  );
  const given = (file: string) => readFileSync(join(engine.bin, "docker.d", file), "utf8");
  return { ...engine, given };
}

describe("backup", () => {
  test("writes the running service's verified copy to backups/, readable by its owner alone, and tells its hash", async () => {
    const box = stack();
    const result = await box.run(["backup"]);
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(box.read(`backups/${name}`)).toBe(bytes);
    expect(statSync(join(box.home, "backups", name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(box.home, "backups")).mode & 0o777).toBe(0o700);
    expect(result.out).toContain(
      `backups/${name}\nsize     ${bytes.length} bytes\nrows     memories=20 documents=1\n`,
    );
    expect(result.out).toContain(`sha256   ${sha256}`);
    expect(box.mutations()).toEqual([
      `compose exec -T ${cli} backup`,
      `compose exec -T knowledge cat ${path}`,
    ]);
  });

  test("works while the stack is down, in a container of its own", async () => {
    const box = stack({ isRunning: false });
    expect((await box.run(["backup"])).code).toBe(0);
    expect(box.mutations()).toEqual([
      `compose run --rm --no-deps -T ${cli} backup`,
      `compose run --rm --no-deps -T knowledge cat ${path}`,
    ]);
  });

  test("takes a file or a folder as it is meant in the caller's folder", async () => {
    const box = stack();
    const cwd = join(box.home, "..");
    const script = join(box.home, "benchai");
    mkdirSync(join(cwd, "disk"));
    expect((await run(script, ["backup", "one.db"], box.env, cwd)).err).toBe("");
    expect((await run(script, ["backup", "disk"], box.env, cwd)).err).toBe("");
    expect(readFileSync(join(cwd, "one.db"), "utf8")).toBe(bytes);
    expect(readFileSync(join(cwd, "disk", name), "utf8")).toBe(bytes);
  });

  test("keeps a file that is there already", async () => {
    const box = stack();
    box.write("mine.db", "precious");
    const result = await box.run(["backup", join(box.home, "mine.db")]);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^benchai: .*mine\.db exists already and is not overwritten.*\n$/u);
    expect(box.read("mine.db")).toBe("precious");
  });

  test("that arrives changed is thrown away", async () => {
    const box = stack();
    box.answer("backup-bytes", "half of it");
    const result = await box.run(["backup"]);
    expect(result.code).toBe(1);
    expect(result.err).toContain("does not hold what was sent");
    expect(readdirSync(join(box.home, "backups"))).toEqual([]);
  });

  test("passes on why the service could not make one", async () => {
    const box = stubEngine();
    box.answer("images", "benchai/knowledge:local\n");
    const result = await box.run(["backup"]);
    expect(result.code).toBe(1);
    expect(result.err).toContain(
      "benchai: no backup was made (knowledge.db: the disk that holds it is full)",
    );
    expect(box.has("backups")).toBe(false);
  });

  test("--prune also deletes the older copies, and names them", async () => {
    const box = stack();
    box.answer(
      "backup-said",
      `name ${name}\npath ${path}\nbytes 1\nrows memories=1\nsha256 ${sha256}\ndeleted old.db\n`,
    );
    const result = await box.run(["backup", "--prune"]);
    expect(box.mutations()[0]).toBe(`compose exec -T ${cli} backup --prune`);
    expect(result.out).toContain("deleted  old.db\n");
  });

  test("asks for an up where nothing was built yet, and builds nothing", async () => {
    const box = stubEngine();
    const result = await box.run(["backup"]);
    expect(result.err).toBe("benchai: there is no image benchai/knowledge:local: ./benchai up builds it\n");
    expect(box.mutations()).toEqual([]);
  });
});

describe("restore", () => {
  test("sends a file to the stopped service, starts it again and waits until it is ready", async () => {
    const box = stack();
    box.answer("restore-said", "rows memories=20\nreplaced /data/replaced-x.db\n");
    box.write("saved.db", bytes);
    const result = await box.run(["restore", join(box.home, "saved.db")]);
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(box.given("restored")).toBe(bytes);
    expect(box.mutations()).toEqual([
      "compose stop knowledge",
      `compose run --rm --no-deps -T ${cli} restore -`,
      "compose up -d --wait --wait-timeout 60 --no-deps --no-recreate knowledge",
    ]);
    expect(result.out).toContain("rows     memories=20");
    expect(result.out).toContain("kept     the database that was there: /data/replaced-x.db");
    expect(result.out).toMatch(/knowledge is ready\n$/u);
  });

  test("takes a stored backup by its name, and starts nothing that did not run", async () => {
    const box = stack({ isRunning: false });
    box.answer("restore-said", "rows memories=20\n");
    const result = await box.run(["restore", name]);
    expect(result.code).toBe(0);
    expect(box.mutations()).toEqual([`compose run --rm --no-deps -T ${cli} restore ${name}`]);
    expect(result.out).toContain("./benchai up starts the stack");
  });

  test("that is refused changes nothing, says why, and the service runs again", async () => {
    const box = stack();
    box.answer("restore-error", "the file to restore is damaged: page 7\n");
    const result = await box.run(["restore", name]);
    expect(result.code).toBe(1);
    expect(result.err).toContain(
      "benchai: nothing was restored (the file to restore is damaged: page 7): the database is as it was",
    );
    expect(box.mutations().at(-1)).toMatch(/^compose up .* knowledge$/u);
  });

  test("without a name lists what there is", async () => {
    const box = stack();
    box.answer("backups-said", `${name} 4096 verified\n`);
    const result = await box.run(["restore"]);
    expect(result.out).toContain(`${name} 4096 verified\n`);
    expect(result.out).toContain("./benchai restore NAME");
    expect(box.mutations()).toEqual([`compose exec -T ${cli} backups`]);
  });

  test("of a file that is not there does nothing", async () => {
    const box = stack();
    const result = await box.run(["restore", "./none.db"]);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^benchai: there is no file \/.*none\.db.*\n$/u);
    expect(box.mutations()).toEqual([]);
  });
});

describe("eval", () => {
  test("asks the running service's search the caller's questions, and prints what it says", async () => {
    const box = stack();
    box.answer("eval-said", "search by  nDCG@10\nwords  0.81\n");
    const cwd = join(box.home, "..");
    const questions = '{"question":"fox","path":"a.md"}\n';
    writeFileSync(join(cwd, "mine.jsonl"), questions);
    const script = join(box.home, "benchai");
    const options = ["--questions", "mine.jsonl", "--collection", "my notes", "--owner", "ann", "--verbose"];
    const result = await run(script, ["eval", ...options], box.env, cwd);
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(result.out).toMatch(/search by  nDCG@10\nwords  0\.81\n$/u);
    expect(box.given("asked")).toBe(questions);
    expect(box.mutations()).toEqual([
      `compose exec -T ${cli} eval --questions - --collection my notes --owner ann --verbose`,
    ]);
  });

  test("asks questions of the service's own making, also while the stack is down", async () => {
    const box = stack({ isRunning: false });
    expect((await box.run(["eval"])).code).toBe(0);
    expect(box.given("asked")).toBe("");
    expect(box.mutations()).toEqual([`compose run --rm --no-deps -T ${cli} eval`]);
  });

  test("passes on why nothing could be measured", async () => {
    const box = stack();
    box.answer("eval-error", 'there is no collection "none"\n');
    const result = await box.run(["eval", "--collection", "none"]);
    expect(result.code).toBe(1);
    expect(result.err).toContain(
      'benchai: nothing was measured (there is no collection "none"): ./benchai eval',
    );
  });

  test.each([
    [["--fast"], /eval does not know '--fast': \.\/benchai eval/u],
    [["--collection"], /--collection takes a value/u],
    [["--questions", "none.jsonl"], /there is no file \/.*none\.jsonl/u],
  ])("refuses %j in one line, and asks nobody", async (options, why) => {
    const box = stack();
    const result = await box.run(["eval", ...options]);
    expect(result).toMatchObject({ code: 1, err: expect.stringMatching(why) });
    expect(result.err.trimEnd()).not.toContain("\n");
    expect(box.mutations()).toEqual([]);
  });
});
