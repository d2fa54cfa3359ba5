import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { addMemory, count, fill, temporaryFolder } from "../../../test/folder.ts";
import { guard, guardAsync, guarded } from "./guarded.ts";
import { damageOf } from "./integrity.ts";
import { openReader, openWriter } from "./open.ts";

/** What the program below says of a disk that stops taking bytes. */
type Told = {
  readonly code: string;
  readonly message: string;
  /** Memories that were acknowledged, and those a reader sees after the fault. */
  readonly acknowledged: number;
  readonly readable: number;
};

/** Adds memories to a database until one is refused, then reads. */
const fillUp = (path: string): string => `
  import { addMemory, count } from "${join(import.meta.dirname, "../../../test/folder.ts")}";
  import { guard } from "${import.meta.dirname}/guarded.ts";
  import { openReader, openWriter } from "${import.meta.dirname}/open.ts";
  const path = ${JSON.stringify(path)};
  const reader = openReader(path);
  let acknowledged = count(reader, "memories");
  try {
    const add = addMemory(openWriter(path));
    for (; acknowledged < 50_000; acknowledged += 1) guard(path, () => add(acknowledged + "y".repeat(2_000)));
  } catch ({ code, message }) {
    console.log(JSON.stringify({ code, message, acknowledged, readable: count(reader, "memories") }));
  }`;

/** What a program printed. */
function tell(command: string, args: readonly string[], options: object = {}): Told {
  const run = spawnSync(command, args, { encoding: "utf8", timeout: 20_000, ...options });
  expect(run.stdout, run.stderr).toMatch(/^\{.*\}\n$/u);
  return JSON.parse(run.stdout) as Told;
}

function database(): string {
  const path = join(temporaryFolder(), "knowledge.db");
  const db = openWriter(path);
  fill(db);
  db.close();
  return path;
}

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

describe("a disk that takes no more", () => {
  test.runIf(canMount)(
    "S52: full: the write is refused as storage_full, reads go on, nothing is lost",
    () => {
      const path = database();
      const disk = join(temporaryFolder(), "disk");
      mkdirSync(disk);
      const script = `mount -t tmpfs -o size=4m none "$2" && cp "$1" "$2/knowledge.db" && "$3" --input-type=module --eval "$4" &&
      cp "$2"/knowledge.db* "$5"`;
      const copy = temporaryFolder();
      const program = fillUp(join(disk, "knowledge.db"));
      const told = tell("unshare", [
        "-m",
        "sh",
        "-c",
        script,
        "sh",
        path,
        disk,
        process.execPath,
        program,
        copy,
      ]);
      expect(told.code).toBe("storage_full");
      expect(told.message).toMatch(
        /knowledge\.db: the disk that holds it is full.*Free some space.*SQLITE_FULL/u,
      );
      expect(told.acknowledged).toBeGreaterThan(20);
      expect(told.readable).toBe(told.acknowledged);
      const after = openWriter(join(copy, "knowledge.db"));
      expect(count(after, "memories")).toBe(told.acknowledged);
      after.close();
      expect(damageOf({ path: join(copy, "knowledge.db") })).toBeUndefined();
    },
  );

  test("S52: a limit on the size of files: refused with the reason, reads go on, nothing is lost", () => {
    const path = database();
    const limited = ["-c", 'ulimit -f 4000; exec "$0" "$@"', process.execPath];
    const told = tell("sh", [...limited, "--input-type=module", "--eval", fillUp(path)]);
    expect(["storage_full", "storage_unavailable"]).toContain(told.code);
    expect(told.message).toMatch(/knowledge\.db: .*SQLITE_(FULL|IOERR)/u);
    expect(told.acknowledged).toBeGreaterThan(20);
    expect(told.readable).toBe(told.acknowledged);
    const after = openWriter(path);
    expect(count(after, "memories")).toBe(told.acknowledged);
    addMemory(after)("there is room again");
    after.close();
    expect(damageOf({ path })).toBeUndefined();
  });
});

describe("storage that may not be written", () => {
  test("S52: a read-only file: writes are refused with the remedy, reads go on", () => {
    const path = database();
    const db = openWriter(path);
    db.pragma("query_only = OFF");
    const reader = openReader(path);
    const write = () => guard(path, () => reader.exec("DELETE FROM memories"));
    expect(write).toThrow(expect.objectContaining({ code: "storage_unavailable" }));
    expect(write).toThrow(/read-only.*Mount it writable for user 1000/u);
    expect(count(reader, "memories")).toBe(20);
    reader.close();
    db.close();
  });

  test.runIf(isRoot)("S52: a folder of somebody else: user 1000 is told so", () => {
    const path = database();
    const folder = join(path, "..");
    chmodSync(folder, 0o555);
    chownSync(path, 0, 0);
    chmodSync(path, 0o444);
    const told = tell(process.execPath, ["--input-type=module", "--eval", openOnly(path)], {
      uid: 1000,
      gid: 1000,
    });
    expect(told.code).toBe("storage_unavailable");
    expect(told.message).toContain(path);
  });
});

const openOnly = (path: string): string => `
  import { guard } from "${import.meta.dirname}/guarded.ts";
  import { openWriter } from "${import.meta.dirname}/open.ts";
  try {
    guard(${JSON.stringify(path)}, () => openWriter(${JSON.stringify(path)}));
  } catch ({ code, message }) {
    console.log(JSON.stringify({ code, message }));
  }`;

describe("a guard", () => {
  const unique = (db = openWriter(database())) => db.exec("INSERT INTO owners (name) VALUES ('local')");

  test("lets what is no fault of the storage pass as it is", async () => {
    expect(() => guard("x", () => unique())).toThrow(/UNIQUE/u);
    const typed = new TypeError("a bug");
    await expect(guardAsync("x", () => Promise.reject(typed))).rejects.toBe(typed);
    const refused = new AppError("not_found", "no such memory");
    await expect(guardAsync("x", () => Promise.reject(refused))).rejects.toBe(refused);
    const network = Object.assign(new Error("gone"), { code: "ENOENT" });
    await expect(guardAsync("x", () => Promise.reject(network))).rejects.toBe(network);
  });

  test("keeps a thread's functions as they are, and what they answer", () => {
    const api = guarded("/data/knowledge.db", {
      double: ({ n }: { n: number }) => n * 2,
      open: ({ path }: { path: string }) => openReader(path),
    });
    expect(api.double({ n: 4 })).toBe(8);
    const path = join(temporaryFolder(), "none.db");
    expect(() => api.open({ path })).toThrow(/^\/data\/knowledge\.db: it cannot be opened.*SQLITE_CANTOPEN/u);
  });
});
