import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, onTestFinished, test } from "vitest";

import { vaultFolder, type VaultFolder } from "../../../test/support/vault-folder.ts";
import { absent, any, matchOf, property, refusal, sha256 } from "../../../test/support/vault-rig.ts";
import type { Moments } from "./note-file.ts";

describe("a note", () => {
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

describe("a program that has the note open while it is replaced, and writes into it", () => {
  /** Empties the note as it is replaced, and fills it a moment later. */
  function rival(texts: string[]): Moments & { readonly filled: () => Promise<unknown> } {
    const filling: Promise<unknown>[] = [];
    const beforeSwap = async () => {
      const next = texts.shift();
      if (next === undefined) return;
      const file = openSync(join(at.root, "a.md"), "w");
      filling.push(
        sleep(30, next).then((text) => {
          writeSync(file, text);
          return closeSync(file);
        }),
      );
    };
    return { beforeSwap, filled: () => Promise.all(filling) };
  }
  let at: VaultFolder;

  test("loses nothing: an append goes below what it wrote", async () => {
    const other = rival(["theirs\n", "theirs, newer\n"]);
    at = vaultFolder({}, other);
    at.write("a.md", "old\n");
    await at.vault.append("a.md", "mine");
    await other.filled();
    expect(at.text("a.md")).toBe("theirs, newer\nmine\n");
    expect(at.files()).toEqual(["a.md"]);
  });

  test("wins against a put, which is refused", async () => {
    const other = rival(["theirs"]);
    at = vaultFolder({}, other);
    at.write("a.md", "old");
    const condition = await matchOf(at.vault, "a.md");
    expect((await refusal(at.vault.put("a.md", "mine", condition))).code).toBe("note_changed");
    expect(at.text("a.md")).toBe("theirs");
    expect(at.files()).toEqual(["a.md"]);
  });

  test("has its links rewritten by a rename", async () => {
    const other = rival(["theirs [[b]]"]);
    at = vaultFolder({}, other);
    await at.seed({ "a.md": "[[b]]", "b.md": "" });
    await at.vault.rename("b.md", "c.md", ["a.md"], any);
    expect(at.text("a.md")).toBe("theirs [[c]]");
    expect(at.files()).toEqual(["a.md", "c.md"]);
  });
});
