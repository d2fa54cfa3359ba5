import { describe, expect, test } from "vitest";

import type { AppError } from "@benchai/contract/errors";

import type { NotePatch } from "../../src/core/vault/note-patch.ts";
import { any, matchOf, pathsOf, property, refusal, sha256, type OpenVault } from "./vault-rig.ts";

/** Changing parts of notes. */
export function edits(at: () => OpenVault): void {
  describe("appending", () => {
    test("makes the note where there is none", async () => {
      expect(await at().vault.append("daily/2026-01-01.md", "- first")).toMatchObject({ isNew: true });
      expect((await at().readRaw("daily/2026-01-01.md"))?.trimEnd()).toBe("- first");
    });

    test("adds lines at the end, with the note's line ends", async () => {
      await at().seed({ "a.md": "one\r\ntwo\r\n", "b.md": "one" });
      const written = await at().vault.append("a.md", "three\nfour\n");
      expect(await at().readRaw("a.md")).toBe("one\r\ntwo\r\nthree\r\nfour\r\n");
      expect(written).toEqual({
        path: "a.md",
        etag: sha256("one\r\ntwo\r\nthree\r\nfour\r\n"),
        isNew: false,
      });
      await at().vault.append("b.md", "two");
      expect(await at().readRaw("b.md")).toBe("one\ntwo");
    });

    test("adds lines at the end of a heading's section", async () => {
      await at().seed({ "a.md": "# A\n\n## Log\n- one\n\n# B\n\n## Log\n- two\n" });
      await at().vault.append("a.md", "- new", ["Log"]);
      await at().vault.append("a.md", "- last", ["B", "Log"]);
      expect(await at().readRaw("a.md")).toBe(
        "# A\n\n## Log\n- one\n- new\n\n# B\n\n## Log\n- two\n- last\n",
      );
    });

    test("below a heading that is not there is not_found, and writes nothing", async () => {
      await at().seed({ "a.md": "# A\n" });
      const error = await refusal(at().vault.append("a.md", "x", ["B"]));
      expect(error).toMatchObject({ code: "not_found" });
      expect(error.message).toContain("# A");
      expect((await refusal(at().vault.append("new.md", "x", ["B"]))).code).toBe("not_found");
      expect(await at().readRaw("a.md")).toBe("# A\n");
      expect(await pathsOf(at().vault)).toEqual(["a.md"]);
    });

    test("by 100 at once loses none", async () => {
      await at().seed({ "a.md": "# Log\n" });
      const line = (i: number) => `- entry ${i} of many`;
      await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          at().vault.append("a.md", line(i), i % 2 ? ["Log"] : undefined),
        ),
      );
      const lines = ((await at().readRaw("a.md")) ?? "").split("\n").filter((l) => l.startsWith("- "));
      expect(lines.toSorted()).toEqual(Array.from({ length: 100 }, (_, i) => line(i)).toSorted());
    }, 60_000);

    test("by 30 at once to a note that is not there yet loses none, whatever case it is written in", async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 30 }, (_, i) => at().vault.append(i % 3 ? "new/a.md" : "new/A.md", `line ${i}`)),
      );
      const written = results.flatMap((r, i) => (r.status === "fulfilled" ? [`line ${i}`] : []));
      for (const r of results)
        if (r.status === "rejected") expect((r.reason as AppError).code).toBe("conflict");
      const [path = ""] = await pathsOf(at().vault);
      expect(await pathsOf(at().vault)).toHaveLength(1);
      expect(
        ((await at().readRaw(path)) ?? "")
          .split("\n")
          .filter((l) => l !== "")
          .toSorted(),
      ).toEqual(written.toSorted());
    });
  });

  describe("patching one part", () => {
    const text =
      '---\n# why\ntags: [a, "b"]\nn: 1\n---\n# A\n\none\n\n# B\n\ntwo ^id\n\n| t |\n|---|\n\n^tab\n\nend';
    const section = (operation: NotePatch["operation"], content = ""): NotePatch => ({
      target: { kind: "heading", path: ["A"] },
      operation,
      content,
    });
    const block = (operation: NotePatch["operation"], id: string, content = ""): NotePatch => ({
      target: { kind: "block", id },
      operation,
      content,
    });

    test.each<[NotePatch, string, string]>([
      [section("append", "new"), "one\n", "one\nnew\n"],
      [section("prepend", "new"), "# A\n", "# A\nnew\n"],
      [section("replace", "new"), "one\n", "new\n"],
      [section("remove"), "# A\n\none\n\n", ""],
      [block("append", "id", "new"), "two ^id", "two\nnew ^id"],
      [block("prepend", "id", "new"), "two ^id", "new\ntwo ^id"],
      [block("replace", "id", "new"), "two ^id", "new ^id"],
      [block("replace", "tab", "new"), "| t |\n|---|\n", "new\n"],
      [block("remove", "id"), "two ^id\n\n", ""],
      [property("append", "tags", "c"), '"b"]', '"b", c]'],
      [property("prepend", "tags", "c"), "[a", "[c, a"],
      [property("replace", "n", '"x"'), "n: 1", "n: x"],
      [property("replace", "new", "[1]"), "n: 1\n", "n: 1\nnew:\n  - 1\n"],
      [property("remove", "n"), "n: 1\n", ""],
    ])("%j", async (patch, before, after) => {
      expect(text).toContain(before);
      for (const lineEnd of ["\n", "\r\n"]) {
        const seeded = text.replaceAll("\n", lineEnd);
        await at().seed({ "a.md": seeded });
        const result = seeded.replace(before.replaceAll("\n", lineEnd), after.replaceAll("\n", lineEnd));
        const condition = lineEnd === "\n" ? any : await matchOf(at().vault, "a.md");
        expect(await at().vault.patch("a.md", patch, condition)).toEqual({
          path: "a.md",
          etag: sha256(result),
          isNew: false,
        });
        expect(await at().readRaw("a.md")).toBe(result);
      }
    });

    test("that is not there is not_found, and writes nothing", async () => {
      await at().seed({ "a.md": text });
      const missing: NotePatch = {
        target: { kind: "heading", path: ["C"] },
        operation: "append",
        content: "x",
      };
      for (const patch of [missing, block("remove", "none"), property("remove", "none")])
        expect((await refusal(at().vault.patch("a.md", patch, any))).code).toBe("not_found");
      expect((await refusal(at().vault.patch("none.md", missing, any))).code).toBe("not_found");
      expect(await at().readRaw("a.md")).toBe(text);
    });

    test("of a broken front matter is refused, and writes nothing", async () => {
      await at().seed({ "a.md": "---\na: [1\n---\nbody" });
      const error = await refusal(at().vault.patch("a.md", property("replace", "b", "1"), any));
      expect(error.code).toBe("invalid_request");
      expect(error.message).toMatch(/front matter/u);
      expect(await at().readRaw("a.md")).toBe("---\na: [1\n---\nbody");
    });

    test("by many at once to many properties loses none", async () => {
      await at().seed({ "a.md": "body\n" });
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          at().vault.patch("a.md", property("append", `p${i % 4}`, `v${i}`), any),
        ),
      );
      const stored = (await at().readRaw("a.md")) ?? "";
      for (let i = 0; i < 20; i += 1) expect(stored).toContain(`- v${i}\n`);
    });
  });
}
