import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readFixtureVault } from "../../../test/support/fixture-vault.ts";
import { expandEmbeds } from "./expand-embeds.ts";
import { parseNote } from "./parse-note.ts";
import { VaultNames } from "./vault-names.ts";

type Texts = Readonly<Record<string, string>>;
const noteOf = (texts: Texts, path: string) => {
  const text = texts[path];
  return text === undefined ? undefined : { path, text, note: parseNote(text) };
};
const expand = (texts: Texts, path: string, maxChars = 10_000) => {
  const host = noteOf(texts, path);
  if (!host) throw new Error(`no ${path}`);
  return expandEmbeds(host, {
    names: new VaultNames([...Object.keys(texts), "i.png"]),
    read: (at) => noteOf(texts, at),
    maxChars,
  });
};
const brief = (texts: Texts, path: string, maxChars?: number) =>
  expand(texts, path, maxChars).map(({ path: from, line, endLine, text }) => [
    `${from}:${line}-${endLine}`,
    text,
  ]);

describe("embeds", () => {
  const texts = {
    "a.md":
      "---\nx: y\n---\nbefore ![[b]] after\n![[b#H]]![[c#^id]]\r\n![](d/e.md) ![[i.png]] ![[no]] ![[b#no]] [[b]]",
    "b.md": "---\nt: u\n---\n# G\n![[c]]\n# H\nh\n\n",
    "c.md": "\u{feff}x\r\n\r\n- y ^id\r\n  - z\r\n",
    "d/e.md": "---\nonly: this\n---\n",
  };

  it("show notes, sections and blocks once, each with the lines it comes from", () => {
    expect(brief(texts, "a.md")).toEqual([
      ["a.md:1-4", "---\nx: y\n---\nbefore "],
      ["b.md:4-8", "# G\n![[c]]\n# H\nh\n"],
      ["a.md:4-4", " after\n"],
      ["b.md:6-8", "# H\nh\n"],
      ["c.md:3-4", "- y ^id\r\n  - z"],
      ["a.md:5-6", "\r\n![](d/e.md) ![[i.png]] ![[no]] ![[b#no]] [[b]]"],
    ]);
    expect(brief(texts, "b.md")).toEqual([
      ["b.md:1-4", "---\nt: u\n---\n# G\n"],
      ["c.md:1-4", "x\r\n\r\n- y ^id\r\n  - z"],
      ["b.md:5-8", "\n# H\nh\n\n"],
    ]);
  });

  it("of the place that they stand in, or around it, stay links", () => {
    const self = { "s.md": "# A\n![[s]] ![[#A]] ![[#B]]\n![[#^x]] ^x\n# B\nb" };
    expect(brief(self, "s.md")).toEqual([
      ["s.md:1-2", "# A\n![[s]] ![[#A]] "],
      ["s.md:4-5", "# B\nb"],
      ["s.md:2-5", "\n![[#^x]] ^x\n# B\nb"],
    ]);
    const loop = { "a.md": "![[b]]", "b.md": "![[a]]" };
    expect(brief(loop, "a.md")).toEqual([["b.md:1-1", "![[a]]"]]);
  });

  it("beyond the limit stay links, smaller ones after them do not", () => {
    const sizes = { "a.md": "![[b]] ![[c]] ![[b]] ![[c]]", "b.md": "12345678", "c.md": "12" };
    expect(brief(sizes, "a.md", 10).map(([, text]) => text)).toEqual([
      "12345678",
      " ",
      "12",
      " ![[b]] ![[c]]",
    ]);
    expect(brief(sizes, "a.md", 0)).toEqual([["a.md:1-1", "![[b]] ![[c]] ![[b]] ![[c]]"]]);
  });

  it("expanded or not, leave the rest of the note as it is", () => {
    const part = fc.constantFrom(
      "![[b]]",
      "![[c#^id]]",
      "![[a]]",
      "[![[b]]](c.md)",
      "x",
      "\n",
      "> ",
      "`",
      "![](b.md)",
      "![[no]]",
    );
    fc.assert(
      fc.property(fc.array(part), fc.nat({ max: 60 }), (parts, maxChars) => {
        const all = { ...texts, "a.md": parts.join("") };
        const segments = expand(all, "a.md", maxChars);
        const own = segments.filter(({ isEmbedded }) => !isEmbedded);
        let at = 0;
        for (const { text, line } of own) {
          at = all["a.md"].indexOf(text, at);
          expect(at).toBeGreaterThanOrEqual(0);
          expect(all["a.md"].slice(0, at).split("\n")).toHaveLength(line);
          at += text.length;
        }
        const shown = segments.filter(({ isEmbedded }) => isEmbedded);
        expect(shown.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(maxChars);
      }),
    );
  });

  it("of the fixture vault expand, cycles and all", () => {
    const { names, notes } = readFixtureVault();
    for (const host of notes.values()) {
      const segments = expandEmbeds(host, { names, read: (path) => notes.get(path), maxChars: 100_000 });
      for (const { path, text, line, endLine, isEmbedded } of segments) {
        const lines = notes
          .get(path)
          ?.text.split("\n")
          .slice(line - 1, endLine)
          .join("\n");
        if (isEmbedded) expect(lines?.replaceAll("\r", "")).toBe(text.replaceAll("\r", ""));
        else expect(lines).toContain(text.replace(/\n$/u, ""));
      }
    }
  });
});
