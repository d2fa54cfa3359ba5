import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { ConfigFile } from "./config-file.ts";

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "config-"));
  path = join(folder, "benchai.yaml");
});
afterEach(() => rm(folder, { recursive: true }));
const good = { config: { limits: { maxLoaded: 2 } }, problem: undefined };

test("no file is an empty configuration", async () => {
  expect(await new ConfigFile(path).load()).toEqual({ config: {}, problem: undefined });
});

test("S22: a file that is edited is read again, and a bad edit keeps the last good one with its problems", async () => {
  const file = new ConfigFile(path);
  await writeFile(path, "limits: { maxLoaded: 2 }");
  expect(await file.load()).toEqual(good);
  await writeFile(path, "limits: { maxLoaded: 0, x: 1 }");
  const problem = [
    "benchai.yaml:1:11: limits.maxLoaded: expected a whole number from 1 to 1024",
    "benchai.yaml:1:25: limits.x: unknown setting; accepted are maxLoaded, memoryMiB, loadDeadlineS",
  ].join("\n");
  expect(await file.load()).toEqual({ ...good, problem });
  expect(await file.load()).toEqual({ ...good, problem });
  await writeFile(path, "limits: { maxLoaded: 2 }");
  expect(await file.load()).toEqual(good);
});

test("a file that is deleted is an empty configuration", async () => {
  const file = new ConfigFile(path);
  await writeFile(path, "limits: { maxLoaded: 2 }");
  await file.load();
  await rm(path);
  expect(await file.load()).toEqual({ config: {}, problem: undefined });
});

test("a file that cannot be read keeps the last good configuration, and recovers", async () => {
  const file = new ConfigFile(path);
  await writeFile(path, "limits: { maxLoaded: 2 }");
  await file.load();
  await rm(path);
  await mkdir(path);
  expect(await file.load()).toEqual({
    ...good,
    problem: "benchai.yaml cannot be read (EISDIR); make it readable for user 1000",
  });
  await rm(path, { recursive: true });
  await writeFile(path, "limits: { maxLoaded: 2 }");
  expect(await file.load()).toEqual(good);
});

test("a bomb of aliases is a problem of the file and not of the controller", async () => {
  const bomb = Array.from({ length: 12 }, (_, i) =>
    i === 0
      ? "a0: &a0 [x]"
      : `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join()}]`,
  );
  await writeFile(path, bomb.join("\n"));
  expect((await new ConfigFile(path).load()).problem).toMatch(/^benchai.yaml:1:1: Excessive alias/);
});
