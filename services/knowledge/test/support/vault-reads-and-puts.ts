import { describe, expect, test } from "vitest";

import type { AppError } from "@benchai/contract/errors";

import type { Condition } from "../../src/edge/vault/vault.ts";
import { absent, any, matchOf, pathsOf, property, refusal, sha256, type OpenVault } from "./vault-rig.ts";

/** Reading notes, and writing whole ones. */
export function readsAndPuts(at: () => OpenVault): void {
  describe("reading", () => {
    test("gives a note as it is stored, with the SHA-256 of its bytes", async () => {
      const text = "\u{feff}# Größe\r\n\r\ntext 😀\n";
      await at().seed({ "folder/Übung 1.md": text });
      const note = await at().vault.read("folder/Übung 1.md");
      expect(note).toMatchObject({
        path: "folder/Übung 1.md",
        text,
        etag: sha256(text),
        sizeBytes: Buffer.byteLength(text),
      });
      expect(Math.abs(Date.now() - note.mtimeMs)).toBeLessThan(600_000);
    });

    test("of what is not there is not_found, and names it", async () => {
      const error = await refusal(at().vault.read("folder/none.md"));
      expect(error.code).toBe("not_found");
      expect(error.message).toContain("folder/none.md");
    });

    test("finds a name in either Unicode form", async () => {
      await at().seed({ "Caf\u00e9.md": "text" });
      expect((await at().vault.read("Cafe\u0301.md")).text).toBe("text");
    });

    test("lists notes and attachments, without what Obsidian hides", async () => {
      await at().seed({
        "a.md": "a",
        "b/c d.md": "é",
        "b/p.png": "png",
        ".obsidian/app.json": "{}",
        ".trash/x.md": "x",
        ".h.md": "",
      });
      expect(await pathsOf(at().vault)).toEqual(["a.md", "b/c d.md", "b/p.png"]);
      const listed = await at().vault.list(new AbortController().signal);
      expect(listed.find((file) => file.path === "b/c d.md")?.sizeBytes).toBe(2);
      await expect(at().vault.list(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    });

    test("says that it can be read", () => expect(at().vault.check()).resolves.toBeUndefined());
  });

  describe("putting a whole note", () => {
    test.each([absent, any])(
      "makes one where there is none, with the folders it needs (%j)",
      async (condition) => {
        const written = await at().vault.put("new/deep er/Note.md", "text\r\n", condition);
        expect(written).toEqual({ path: "new/deep er/Note.md", etag: sha256("text\r\n"), isNew: true });
        expect(await at().readRaw("new/deep er/Note.md")).toBe("text\r\n");
        expect(await pathsOf(at().vault)).toEqual(["new/deep er/Note.md"]);
      },
    );

    test("replaces the one that was read", async () => {
      await at().seed({ "a.md": "old" });
      const written = await at().vault.put("a.md", "new", await matchOf(at().vault, "a.md"));
      expect(written).toEqual({ path: "a.md", etag: sha256("new"), isNew: false });
      expect(await at().readRaw("a.md")).toBe("new");
      expect((await at().vault.read("a.md")).etag).toBe(written.etag);
    });

    test.each<[string, Condition, string]>([
      ["conflict, when there must be none", absent, "conflict"],
      ["precondition_required, when nothing is said of it", any, "precondition_required"],
      [
        "note_changed, when it is not the one that was read",
        { kind: "match", etag: sha256("other") },
        "note_changed",
      ],
    ])("of one that is there is refused as %s, and writes nothing", async (_, condition, code) => {
      await at().seed({ "a.md": "old" });
      const error = await refusal(at().vault.put("a.md", "new", condition));
      expect(error.code).toBe(code);
      expect(error.message).toContain("a.md");
      expect(await at().readRaw("a.md")).toBe("old");
    });

    test("S62: a note that somebody changed since it was read is not overwritten", async () => {
      await at().seed({ "a.md": "old" });
      const condition = await matchOf(at().vault, "a.md");
      await at().seed({ "a.md": "theirs" });
      expect((await refusal(at().vault.put("a.md", "mine", condition))).code).toBe("note_changed");
      expect((await refusal(at().vault.remove("a.md", condition))).code).toBe("note_changed");
      expect((await refusal(at().vault.patch("a.md", property("append", "tags", "x"), condition))).code).toBe(
        "note_changed",
      );
      expect((await refusal(at().vault.rename("a.md", "b.md", [], condition))).code).toBe("note_changed");
      expect(await at().readRaw("a.md")).toBe("theirs");
      expect(await pathsOf(at().vault)).toEqual(["a.md"]);
    });

    test("of one that is gone since it was read is note_changed", async () => {
      const condition: Condition = { kind: "match", etag: sha256("old") };
      expect((await refusal(at().vault.put("a.md", "new", condition))).code).toBe("note_changed");
      expect(await at().readRaw("a.md")).toBeUndefined();
    });

    test("keeps a note of a megabyte and every character", async () => {
      const text = `\u{feff}${"line with ümlauts and 😀\r\n".repeat(40_000)}\0\u2028 end`;
      const { etag } = await at().vault.put("big.md", text, absent);
      expect(etag).toBe(sha256(text));
      expect(await at().readRaw("big.md")).toBe(text);
      expect((await at().vault.read("big.md")).text === text).toBe(true);
    });

    test("of half a character is refused", async () => {
      expect((await refusal(at().vault.put("a.md", "a\ud83d", absent))).code).toBe("invalid_request");
      expect(await pathsOf(at().vault)).toEqual([]);
    });

    test("by 20 at once lets one make the note, and tells the others", async () => {
      const puts = Array.from({ length: 20 }, (_, i) => at().vault.put("a.md", `text ${i}`, absent));
      const results = await Promise.allSettled(puts);
      const made = results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
      expect(made).toHaveLength(1);
      for (const r of results)
        if (r.status === "rejected") expect((r.reason as AppError).code).toBe("conflict");
      expect(sha256((await at().readRaw("a.md")) ?? "")).toBe(made[0]?.etag);
    });
  });
}
