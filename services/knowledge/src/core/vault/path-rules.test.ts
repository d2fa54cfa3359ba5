import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import type { AppError } from "@benchai/contract/errors";

import { assertNewNames, assertNote, newVaultPath, vaultPath } from "./path-rules.ts";

test.each([
  "",
  "/",
  "/etc/passwd",
  "/note.md",
  "..",
  "../note.md",
  "a/../../note.md",
  "a/..",
  "./note.md",
  "a/./b.md",
  "a//b.md",
  "a/",
  "a\\b.md",
  "..\\note.md",
  "C:\\note.md",
  "C:note.md",
  "note.md:stream",
  "a\0.md",
  "a\nb.md",
  "a\u0085b.md",
  "a\ud800.md",
  ".obsidian/app.json",
  ".trash/note.md",
  "a/.hidden.md",
  ".md",
  ".git/config",
  "con.md",
  "CON",
  "aux.md",
  "nul",
  "a/Com1.md",
  "lpt9.tar.md",
  "com¹.md",
  "con .md",
  "prn/note.md",
  "conin$",
  `${"a".repeat(253)}.md`,
  `${"é".repeat(127)}.md`,
  `${"long/".repeat(200)}a.md`,
])("S62: no vault has the path %j", (path) => {
  expect(() => vaultPath(path)).toThrow(expect.objectContaining({ code: "invalid_request", param: "path" }));
});

test.each([
  "a*.md",
  'a".md',
  "a<.md",
  "a>.md",
  "a|b.md",
  "why?.md",
  "#a.md",
  "a^b.md",
  "[a].md",
  "a]/b.md",
  "etc./a.md",
  "a /b.md",
  "note.md.",
  "note.md ",
])("S62: nothing new is named %j, and what is there can be read", (path) => {
  expect(vaultPath(path)).toBe(path);
  expect(() => newVaultPath(path)).toThrow(expect.objectContaining({ code: "invalid_request" }));
});

test.each([
  "note.md",
  "a/b/c.md",
  "Über uns.md",
  "日本語/メモ.md",
  "😀.md",
  "console.md",
  "aux-in.md",
  "a..b.md",
  "it's (1), & ~more~ {x} $y %20.md",
  `${"a".repeat(252)}.md`,
])("%j is a path like any other", (path) => {
  expect(vaultPath(path)).toBe(path);
  assertNewNames(path, 3);
});

test("a path comes out in NFC, whatever its form was", () => {
  expect(vaultPath("Cafe\u0301/nai\u0308ve.md")).toBe("Caf\u00e9/na\u00efve.md");
});

test("notes are written, canvases are read, and nothing else is either", () => {
  for (const use of ["read", "write"] as const) {
    expect(() => assertNote("a.md", use)).not.toThrow();
    expect(() => assertNote("a.MD", use)).not.toThrow();
    for (const path of ["a.png", "a", "md", "a.md.png", "a.mdx"])
      expect(() => assertNote(path, use)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  }
  expect(() => assertNote("a.canvas", "read")).not.toThrow();
  expect(() => assertNote("a.canvas", "write")).toThrow(/only notes are written/u);
});

const unit = fc.constantFrom("a", "b", ".", "/", "\\", ":", " ", "\0", "é", "..", "con", "\n", "e\u0301");

test("property: a path that is accepted stays below the root, and is accepted again as it came out", () => {
  fc.assert(
    fc.property(
      fc.array(unit, { maxLength: 12 }).map((parts) => parts.join("")),
      (path) => {
        let accepted: string;
        try {
          accepted = vaultPath(path);
        } catch (error) {
          expect((error as AppError).code).toBe("invalid_request");
          return;
        }
        expect(join("/root", accepted)).toBe(`/root/${accepted}`);
        expect(accepted.split("/").some((name) => name.startsWith("."))).toBe(false);
        expect(vaultPath(accepted)).toBe(accepted);
      },
    ),
    { numRuns: 5_000 },
  );
});
