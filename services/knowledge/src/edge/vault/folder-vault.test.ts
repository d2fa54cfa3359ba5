import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { vaultFolder } from "../../../test/support/vault-folder.ts";
import { absent, any, matchOf, pathsOf, property, refusal, sha256 } from "../../../test/support/vault-rig.ts";
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
    expect(await pathsOf(at.vault)).toEqual(["folder./Why?.md"]);
  });

  test("that another program empties and fills is never seen empty or in part", async () => {
    const at = vaultFolder();
    const path = join(at.root, "a.md");
    at.write("a.md", "0".repeat(1_200_000));
    // Empties, then fills in three pieces, at a leisurely pace.
    const script = `
      const { openSync, writeSync, closeSync } = require("node:fs");
      const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      for (let n = 1; ; n += 1) {
        const file = openSync(${JSON.stringify(path)}, "w");
        for (let i = 0; i < 3; i += 1) { wait(3); writeSync(file, String(n % 10).repeat(400_000)); }
        closeSync(file);
        wait(200);
      }`;
    const writer = spawn(process.execPath, ["--eval", script], { stdio: "inherit" });
    let [reads, versions] = [0, new Set<string>()];
    for (const end = performance.now() + 3_000; performance.now() < end; reads += 1) {
      const { text, etag } = await at.vault.read("a.md");
      const [first = "none"] = text;
      expect(text === first.repeat(1_200_000), `${text.length} characters`).toBe(true);
      expect(etag).toBe(sha256(text));
      versions.add(first);
    }
    writer.kill("SIGKILL");
    await once(writer, "close");
    expect(reads).toBeGreaterThan(5);
    expect(versions.size).toBeGreaterThan(2);
  });

  test("that another program writes to without a pause is waited for, and then given up", async () => {
    const at = vaultFolder();
    at.write("a.md", "text");
    const write = () => writeFileSync(join(at.root, "a.md"), `${performance.now()}`);
    write();
    const writing = setInterval(write, 5);
    onTestFinished(() => clearInterval(writing));
    const error = await refusal(at.vault.read("a.md"));
    expect(error).toMatchObject({ code: "storage_unavailable", retryAfterS: 1 });
    expect(error.message).toContain("a.md");
  });
});

describe("a change by another program between the look and the write", () => {
  test("is kept by an append and a patch, which are made on the new text", async () => {
    const theirs = ["one", "two"];
    const at = vaultFolder(
      {},
      {
        beforeReplace: async () => {
          const next = theirs.shift();
          if (next !== undefined) at.write("a.md", `${at.text("a.md")}${next}\n`);
        },
      },
    );
    at.write("a.md", "start\n");
    await at.vault.append("a.md", "mine");
    expect(at.text("a.md")).toBe("start\none\ntwo\nmine\n");
    theirs.push("three");
    await at.vault.patch("a.md", property("replace", "n", "1"), any);
    expect(at.text("a.md")).toBe("---\nn: 1\n---\nstart\none\ntwo\nmine\nthree\n");
    expect(at.files()).toEqual(["a.md"]);
  });

  test("refuses what was made for another version", async () => {
    const at = vaultFolder({}, { beforeReplace: async () => at.write("a.md", "theirs") });
    at.write("a.md", "old");
    const condition = await matchOf(at.vault, "a.md");
    expect((await refusal(at.vault.put("a.md", "mine", condition))).code).toBe("note_changed");
    expect(at.text("a.md")).toBe("theirs");
    expect(at.files()).toEqual(["a.md"]);
  });

  test("that makes the note which was to be made is kept: a put is refused, an append goes below it", async () => {
    const at = vaultFolder(
      {},
      {
        beforeReplace: async (path) => {
          if (!existsSync(join(at.root, path))) at.write(path, "theirs");
        },
      },
    );
    expect((await refusal(at.vault.put("new/a.md", "mine", absent))).code).toBe("conflict");
    await at.vault.append("new/b.md", "mine");
    expect([at.text("new/a.md"), at.text("new/b.md")]).toEqual(["theirs", "theirs\nmine"]);
    expect(at.files()).toEqual(["new/a.md", "new/b.md"]);
  });

  test("again and again ends in note_changed, and writes nothing", async () => {
    let n = 0;
    const at = vaultFolder({}, { beforeReplace: async () => at.write("a.md", `theirs ${(n += 1)}`) });
    at.write("a.md", "start");
    const error = await refusal(at.vault.append("a.md", "mine"));
    expect(error).toMatchObject({ code: "note_changed", retryAfterS: 1 });
    expect(at.text("a.md")).toBe(`theirs ${n}`);
    expect(at.files()).toEqual(["a.md"]);
  });

  test("that takes the note away makes an append make it anew, and a patch not_found", async () => {
    let isGone = false;
    const at = vaultFolder(
      {},
      {
        beforeReplace: async () => {
          if (!isGone) rmSync(join(at.root, "a.md"));
          isGone = true;
        },
      },
    );
    at.write("a.md", "old");
    await at.vault.append("a.md", "mine");
    expect(at.text("a.md")).toBe("mine");
    isGone = false;
    expect((await refusal(at.vault.patch("a.md", property("append", "tags", "x"), any))).code).toBe(
      "not_found",
    );
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
