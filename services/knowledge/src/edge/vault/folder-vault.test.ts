import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { vaultFolder } from "../../../test/support/vault-folder.ts";
import { any, matchOf, pathsOf, property, refusal, sha256 } from "../../../test/support/vault-rig.ts";
import { vaultConformance } from "../../../test/vault-conformance.ts";

vaultConformance("folder", async () => vaultFolder());

const isRoot = process.getuid?.() === 0;

describe("a note's file", () => {
  test("keeps its rights, and its owner where that is possible", async () => {
    const at = vaultFolder();
    at.write("a.md", "old");
    chmodSync(join(at.root, "a.md"), 0o640);
    if (isRoot) chownSync(join(at.root, "a.md"), 1234, 2345);
    await at.vault.append("a.md", "more");
    const { mode, uid, gid } = statSync(join(at.root, "a.md"));
    expect(mode & 0o7777).toBe(0o640);
    if (isRoot) expect([uid, gid]).toEqual([1234, 2345]);
  });

  test("is new with every write, so that whoever reads the old one reads it to its end", async () => {
    const at = vaultFolder();
    at.write("a.md", "old");
    const { ino } = statSync(join(at.root, "a.md"));
    await at.vault.append("a.md", "more");
    expect(statSync(join(at.root, "a.md")).ino).not.toBe(ino);
    expect(at.files()).toEqual(["a.md"]);
  });

  test("is left alone by a change that changes nothing", async () => {
    const at = vaultFolder();
    at.write("a.md", "text");
    const { ino } = statSync(join(at.root, "a.md"));
    expect(await at.vault.put("a.md", "text", await matchOf(at.vault, "a.md"))).toMatchObject({
      isNew: false,
    });
    expect(statSync(join(at.root, "a.md")).ino).toBe(ino);
  });

  test("that is too large, or not UTF-8, is not read, and says why", async () => {
    const at = vaultFolder({ maxNoteBytes: 10 });
    at.write("big.md", "x".repeat(11));
    writeFileSync(join(at.root, "latin.md"), Buffer.from([0x67, 0x72, 0xfc, 0x6e]));
    const big = await refusal(at.vault.read("big.md"));
    expect(big).toMatchObject({ code: "document_unreadable" });
    expect(big.message).toMatch(/11 bytes, and at most 10/u);
    expect((await refusal(at.vault.read("latin.md"))).message).toMatch(/not UTF-8/u);
    expect((await refusal(at.vault.append("latin.md", "x"))).code).toBe("document_unreadable");
    expect((await refusal(at.vault.append("new.md", "x".repeat(11)))).code).toBe("body_too_large");
    expect(at.files()).toEqual(["big.md", "latin.md"]);
    // Neither need be read to be thrown away.
    expect(await at.vault.remove("big.md", any)).toEqual({ trashPath: ".trash/big.md" });
    expect(await at.vault.remove("latin.md", any)).toEqual({ trashPath: ".trash/latin.md" });
  });

  test("S62: with an odd name that is there already can be read and changed", async () => {
    const at = vaultFolder();
    at.write("folder./Why?.md", "text");
    await at.vault.append("folder./Why?.md", "more");
    expect(at.text("folder./Why?.md")).toBe("text\nmore");
    await at.vault.append("folder./new.md", "new");
    expect(await pathsOf(at.vault)).toEqual(["folder./Why?.md", "folder./new.md"]);
    expect((await refusal(at.vault.append("folder./new?.md", "x"))).code).toBe("invalid_request");
  });
});

describe("a vault that is only read", () => {
  test("refuses every change, and says how to allow it", async () => {
    const at = vaultFolder({ isWritable: false });
    at.write("a.md", "text");
    const { vault } = at;
    const changes = [
      () => vault.put("a.md", "x", any),
      () => vault.append("../a.md", "x"),
      () => vault.patch("a.md", property("append", "tags", "x"), any),
      () => vault.remove("a.md", any),
      () => vault.rename("a.md", "b.md", [], any),
    ];
    for (const change of changes) {
      const error = await refusal(change());
      expect(error.code).toBe("vault_read_only");
      expect(error.message).toContain("OBSIDIAN_ACCESS=rw in .env");
    }
    await vault.recover();
    expect((await vault.read("a.md")).text).toBe("text");
    expect(vault.isWritable).toBe(false);
    expect(at.files()).toEqual(["a.md"]);
  });
});

describe("the trash", () => {
  test("gets what was changed at the last moment back out when it is not what was read", async () => {
    const at = vaultFolder();
    at.write("a.md", "old");
    const stale = { kind: "match", etag: sha256("other") } as const;
    expect((await refusal(at.vault.remove("a.md", stale))).code).toBe("note_changed");
    expect(at.files()).toEqual(["a.md"]);
  });

  test("numbers names that are taken, the longest too", async () => {
    const at = vaultFolder();
    const long = `f/${"é".repeat(120)}aaaaaaaaaaa.md`;
    for (const path of ["f/a.b.md", long]) {
      for (const text of ["one", "two"]) {
        at.write(path, text);
        await at.vault.remove(path, any);
      }
    }
    expect(at.text(".trash/f/a.b 1.md")).toBe("two");
    expect(
      at
        .files()
        .map((path) => at.text(path))
        .toSorted(),
    ).toEqual(["one", "one", "two", "two"]);
  });
});

describe("what a killed process has staged", () => {
  test("is taken away at start; what is not ours, or newer, stays", async () => {
    const root = temporaryFolder();
    const ours = `.~benchai-${"0123456789abcdef".repeat(2)}.tmp`;
    const others = [".~benchai-note.tmp", `.~benchai-${"g".repeat(32)}.tmp`, `x${ours}`, `${ours}.md`];
    mkdirSync(join(root, "sub/.hidden"), { recursive: true });
    for (const name of [ours, `sub/${ours}`, `sub/.hidden/${ours}`, ...others])
      writeFileSync(join(root, name), "");
    const at = vaultFolder({ root });
    const newer = `.~benchai-${"f".repeat(32)}.tmp`;
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 20);
    await promise;
    at.write(newer, "");
    await at.vault.recover();
    expect(at.files()).toEqual([...others, newer, `sub/.hidden/${ours}`].toSorted());
  });

  test("is hidden from lists, and from whoever reads and writes", async () => {
    const at = vaultFolder();
    const staged = `.~benchai-${"a".repeat(32)}.tmp`;
    at.write(staged, "x");
    expect(await pathsOf(at.vault)).toEqual([]);
    expect((await refusal(at.vault.read(staged))).code).toBe("invalid_request");
  });
});

test("a vault that closes ends what it has begun and begins nothing more", async () => {
  const at = vaultFolder();
  const writes = Array.from({ length: 20 }, (_, i) => at.vault.append("a.md", `line ${i}`));
  await at.vault.close();
  const results = await Promise.allSettled(writes);
  const done = results.filter((r) => r.status === "fulfilled").length;
  for (const r of results)
    if (r.status === "rejected") expect(r.reason).toMatchObject({ code: "shutting_down" });
  const stored = existsSync(join(at.root, "a.md"))
    ? readFileSync(join(at.root, "a.md"), "utf8").split("\n").length
    : 0;
  expect(stored).toBe(done);
  await expect(at.vault.read("a.md")).rejects.toMatchObject({ code: "shutting_down" });
});
