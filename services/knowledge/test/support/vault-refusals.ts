import { describe, expect, test } from "vitest";

import { absent, any, pathsOf, property, refusal, type OpenVault } from "./vault-rig.ts";

/** Paths that no vault may have (SCENARIOS S62). */
const refusedPaths = [
  "../out.md",
  "a/../../out.md",
  "a/..",
  "..",
  "./a.md",
  "/etc/passwd",
  "/a.md",
  "a//b.md",
  "a/",
  "",
  "a\\b.md",
  "..\\a.md",
  "C:\\a.md",
  "a:b.md",
  "a\0.md",
  "a\n.md",
  ".obsidian/app.json",
  ".obsidian/a.md",
  ".trash/a.md",
  "b/.hidden.md",
  ".md",
  "con.md",
  "AUX.md",
  "a/nul.md",
  "com1.md",
  "lpt9.md",
  `${"a".repeat(260)}.md`,
  `${"a/".repeat(600)}b.md`,
] as const;
/** Names that are given to nothing new. */
const refusedNames = [
  "a*.md",
  'a".md',
  "a<b.md",
  "a>b.md",
  "a|b.md",
  "a?.md",
  "a#b.md",
  "a^b.md",
  "a[b].md",
  "dot./a.md",
  "space /a.md",
  "a.md.",
  "a.txt",
  "a.png",
  "a",
  "a.canvas",
] as const;

/** Paths that are refused. */
export function refusals(at: () => OpenVault): void {
  describe("paths that are refused (S62)", () => {
    const writes = (path: string): readonly (() => Promise<unknown>)[] => [
      () => at().vault.put(path, "x", absent),
      () => at().vault.append(path, "x"),
      () => at().vault.patch(path, property("append", "tags", "x"), any),
      () => at().vault.remove(path, any),
      () => at().vault.rename("here.md", path, [], any),
    ];

    test.each(refusedPaths)("%j", async (path) => {
      await at().seed({ "here.md": "text", "a/b.md": "text" });
      const before = await pathsOf(at().vault);
      for (const work of [
        () => at().vault.read(path),
        ...writes(path),
        () => at().vault.rename(path, "x.md", [], any),
      ]) {
        const error = await refusal(work());
        expect(error).toMatchObject({ code: "invalid_request" });
      }
      expect(await pathsOf(at().vault)).toEqual(before);
    });

    test.each(refusedNames)("%j, for what is new", async (path) => {
      await at().seed({ "here.md": "text" });
      const [put, append, , , rename] = writes(path);
      for (const work of [put, append, rename]) {
        const error = await refusal(work?.() ?? Promise.resolve());
        expect(error).toMatchObject({ code: "invalid_request" });
      }
      expect(await pathsOf(at().vault)).toEqual(["here.md"]);
    });

    test("a name that differs from one that is there in its case alone", async () => {
      await at().seed({ "Folder/Note.md": "text" });
      for (const path of ["Folder/note.md", "folder/Other.md"]) {
        const error = await refusal(at().vault.put(path, "x", absent));
        expect(error.code).toBe("conflict");
        expect(error.message).toMatch(/"(?:Note\.md|Folder)"/u);
        expect((await refusal(at().vault.append(path, "x"))).code).toBe("conflict");
      }
      expect(await pathsOf(at().vault)).toEqual(["Folder/Note.md"]);
    });
  });
}
