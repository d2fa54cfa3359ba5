import { describe, expect, test } from "vitest";

import { absent, any, matchOf, pathsOf, refusal, sha256, type OpenVault } from "./vault-rig.ts";

/** Removing and renaming. */
export function moves(at: () => OpenVault): void {
  describe("removing", () => {
    test("moves the note to the vault's trash, where it keeps its path", async () => {
      await at().seed({ "a/b c.md": "text", "d.md": "d" });
      const { trashPath } = await at().vault.remove("a/b c.md", await matchOf(at().vault, "a/b c.md"));
      expect(trashPath).toMatch(/^\.trash\/a\/b c.*\.md$/u);
      expect(await at().readRaw(trashPath)).toBe("text");
      expect(await at().readRaw("a/b c.md")).toBeUndefined();
      expect((await refusal(at().vault.read("a/b c.md"))).code).toBe("not_found");
      expect(await pathsOf(at().vault)).toEqual(["d.md"]);
    });

    test("never replaces what is in the trash", async () => {
      const trashed: string[] = [];
      for (const text of ["one", "two", "three"]) {
        await at().vault.put("a.md", text, absent);
        trashed.push((await at().vault.remove("a.md", any)).trashPath);
      }
      expect(new Set(trashed).size).toBe(3);
      expect(await Promise.all(trashed.map((path) => at().readRaw(path)))).toEqual(["one", "two", "three"]);
    });

    test("of what is not there is not_found", async () => {
      expect((await refusal(at().vault.remove("a.md", any))).code).toBe("not_found");
    });
  });

  describe("renaming", () => {
    const seeded = {
      "Old.md": "# H\n[[Other]] and [rel](./sub/Third.md)\n",
      "Other.md": "[[Old]] [[Old#H|shown]] ![[old.md]] [text](Old.md) `[[Old]]`\r\n",
      "sub/Third.md": '---\nup: "[[Old]]"\n---\n[text](../Old.md#H)',
      "sub/None.md": "[[Other]]",
    };

    test("moves the note and rewrites the links to it, and its own", async () => {
      await at().seed(seeded);
      const renamed = await at().vault.rename(
        "Old.md",
        "new folder/New.md",
        ["Other.md", "sub/Third.md", "sub/None.md"],
        await matchOf(at().vault, "Old.md"),
      );
      const moved = "# H\n[[Other]] and [rel](../sub/Third.md)\n";
      expect(await at().readRaw("new folder/New.md")).toBe(moved);
      expect({ ...renamed, updated: renamed.updated.toSorted() }).toEqual({
        path: "new folder/New.md",
        etag: sha256(moved),
        isNew: false,
        updated: ["Other.md", "sub/Third.md"],
      });
      const other = (await at().readRaw("Other.md")) ?? "";
      expect(other).toMatch(
        /^\[\[New\]\] \[\[New#H\|shown\]\] !\[\[.*New\.md\]\] \[text\]\(.*New\.md\) `\[\[Old\]\]`\r\n$/u,
      );
      expect(await at().readRaw("sub/Third.md")).toBe(
        '---\nup: "[[New]]"\n---\n[text](../new%20folder/New.md#H)',
      );
      expect(await at().readRaw("sub/None.md")).toBe(seeded["sub/None.md"]);
      expect(await at().readRaw("Old.md")).toBeUndefined();
      expect(await pathsOf(at().vault)).toEqual([
        "Other.md",
        "new folder/New.md",
        "sub/None.md",
        "sub/Third.md",
      ]);
    });

    test("moves an attachment", async () => {
      await at().seed({ "p.png": "bytes", "a.md": "![[p.png]]" });
      expect(await at().vault.rename("p.png", "img/q.png", ["a.md"], any)).toMatchObject({
        updated: ["a.md"],
      });
      expect([
        await at().readRaw("img/q.png"),
        await at().readRaw("a.md"),
        await at().readRaw("p.png"),
      ]).toEqual(["bytes", "![[q.png]]", undefined]);
    });

    test("changes the case of a name", async () => {
      await at().seed({ "old.md": "text", "a.md": "[[old]]" });
      await at().vault.rename("old.md", "Old.md", ["a.md"], any);
      expect(await pathsOf(at().vault)).toEqual(["Old.md", "a.md"]);
      expect(await at().readRaw("Old.md")).toBe("text");
    });

    test.each<[string, string, string, string]>([
      ["to a name that is taken", "Old.md", "Other.md", "conflict"],
      ["of what is not there", "None.md", "New.md", "not_found"],
      ["to another kind of file", "Old.md", "Old.txt", "invalid_request"],
      ["to a name that differs from another in its case", "Old.md", "OTHER.md", "conflict"],
      ["out of the vault", "Old.md", "../Old.md", "invalid_request"],
    ])("%s is refused, and changes nothing", async (_, from, to, code) => {
      await at().seed(seeded);
      expect((await refusal(at().vault.rename(from, to, ["Other.md"], any))).code).toBe(code);
      for (const [path, text] of Object.entries(seeded)) expect(await at().readRaw(path)).toBe(text);
      expect(await pathsOf(at().vault)).toEqual(Object.keys(seeded).toSorted());
    });

    test("back and forth at once ends with one of the names, and all links name it", async () => {
      await at().seed({
        "a.md": "text",
        ...Object.fromEntries(referrers.map((path) => [path, "[[a]] and [[b]]"])),
      });
      const names = ["b.md", "c.md", "d.md"];
      const results = await Promise.allSettled(
        names.map((to) => at().vault.rename("a.md", to, referrers, any)),
      );
      const done = results.flatMap((r, i) => (r.status === "fulfilled" ? [names[i] ?? ""] : []));
      expect(done).toHaveLength(1);
      for (const path of referrers)
        expect(await at().readRaw(path)).toContain(`[[${done[0]?.slice(0, 1)}]] and`);
    });
  });
}

const referrers = Array.from({ length: 12 }, (_, i) => `r${i}.md`);
