import { describe, expect, it } from "vitest";

import { conflictOf, isExcalidraw, isHiddenPath, isVaultNote } from "./vault-paths.ts";

describe("files of a vault", () => {
  it("are hidden when they or their folders begin with a dot", () => {
    for (const path of [".obsidian/app.json", ".trash/a.md", "a/.b/c.md", ".a.md", "a/.b"])
      expect(isHiddenPath(path)).toBe(true);
    for (const path of ["a.md", "a/b.c/d", "a…"]) expect(isHiddenPath(path)).toBe(false);
  });

  it("are notes when they are Markdown, seen, and no drawing", () => {
    for (const path of ["a.md", "b/c.MD", "a.excalidraw copy.md", "Plan (1).md"])
      expect(isVaultNote(path)).toBe(true);
    for (const path of [".trash/a.md", "a.excalidraw.md", "a.canvas", "md", "a.md.txt"])
      expect(isVaultNote(path)).toBe(false);
    expect(isExcalidraw({ "excalidraw-plugin": "parsed" })).toBe(true);
    expect(isExcalidraw({ title: "excalidraw-plugin" })).toBe(false);
  });
});

describe("a conflict's copy", () => {
  it.each([
    ["a/b.sync-conflict-20240101-120000-ABCDEF7.md", "a/b.md"],
    ["b.sync-conflict-20240101-120000-ABCDEFG", "b"],
    ["a.b.sync-conflict-20240101-120000-ABCDEFG.c.md", undefined],
    ["b.sync-conflict-20240101-120000-ABCDEFG.sync-conflict-20240102-120000-GFEDCBA.md", "b.md"],
    ["a/b (conflicted copy 2024-01-01).md", "a/b.md"],
    ["b (Anna's conflicted copy 2024-01-01).md", "b.md"],
    ["b (Annas MacBook Pro's conflicted copy 2024-01-01 (1)).md", "b.md"],
    ["b (conflicted copy 2024-01-01 123456).md", "b.md"],
    ["b (Conflicted copy host 202401011200).md", "b.md"],
    ["b (Conflicted copy my telephone 202401011200).canvas", "b.canvas"],
    ["b (c) (conflicted copy 2024-01-01).md", "b (c).md"],
    ["b (1).md", undefined],
    ["b (conflicted copy).md", undefined],
    ["b (on conflicted copy handling).md", undefined],
    ["sync-conflict-20240101-120000-ABCDEFG.md", undefined],
    ["a (conflicted copy 2024-01-01)/b.md", undefined],
    ["b.md", undefined],
  ])("%j is one of %j", (path, original) => {
    expect(conflictOf(path)).toBe(original);
  });
});
