import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openWorkerKeys } from "./keys.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keys-"));
});
afterEach(() => rm(folder, { recursive: true }));
const mode = async (...path: string[]) => ((await stat(join(folder, ...path))).mode & 0o777).toString(8);

describe("the workers' keys", () => {
  test("S4: a controller that starts again derives the same keys", async () => {
    const before = await openWorkerKeys(folder);
    const after = await openWorkerKeys(folder);
    expect(after.keyOf("chat", "g1")).toBe(before.keyOf("chat", "g1"));
    expect(before.keyOf("chat", "g1")).toMatch(/^[\w-]{43}$/);
  });

  test("S2: many that open a new store at once get one secret, and leave nothing else behind", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => openWorkerKeys(folder)));
    expect(new Set(all.map((k) => k.keyOf("chat", "g1"))).size).toBe(1);
    expect(await readdir(folder)).toEqual(["secret"]);
  });

  test("every slot and every generation has its own key, also where their names run together", async () => {
    const store = await openWorkerKeys(folder);
    const keys = [
      ["a", "b1"],
      ["ab", "1"],
      ["a", "b2"],
      ["b", "a"],
    ].map(([s = "", g = ""]) => store.keyOf(s, g));
    expect(new Set(keys).size).toBe(4);
  });

  test("two stacks have different keys", async () => {
    const other = await mkdtemp(join(tmpdir(), "keys-"));
    const [a, b] = [await openWorkerKeys(folder), await openWorkerKeys(other)];
    expect(a.keyOf("chat", "g1")).not.toBe(b.keyOf("chat", "g1"));
    await rm(other, { recursive: true });
  });

  test("A6: the secret is 256 bits that only its owner reads, and no key is in it", async () => {
    const keys = await openWorkerKeys(folder);
    expect(await mode("secret")).toBe("600");
    const secret = await readFile(join(folder, "secret"));
    expect(secret.length).toBe(32);
    expect(secret.toString("base64url")).not.toBe(keys.keyOf("chat", "g1"));
  });

  test("a key is written for its owner alone, in a folder of its own that a worker can mount", async () => {
    const keys = await openWorkerKeys(folder);
    await keys.write("chat", "g1");
    const at = ["worker-keys", "chat", "g1"];
    expect(await readdir(join(folder, ...at))).toEqual(["key"]);
    expect(await readFile(join(folder, ...at, "key"), "utf8")).toBe(`${keys.keyOf("chat", "g1")}\n`);
    expect(await mode(...at, "key")).toBe("400");
    expect(await mode(...at)).toBe("755");
  });

  test("S5: writing and forgetting can be repeated", async () => {
    const keys = await openWorkerKeys(folder);
    await keys.write("chat", "g1");
    await Promise.all([keys.write("chat", "g1"), keys.write("chat", "g1"), keys.write("chat", "g2")]);
    await keys.forget("chat", "g1");
    await keys.forget("chat", "g1");
    expect(await readdir(join(folder, "worker-keys", "chat"))).toEqual(["g2"]);
  });

  test("a store that cannot be written is an error at start, not a stack without keys", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(openWorkerKeys(join(folder, "file"))).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});
