import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readSubpath, writeSubpath } from "./link-target.ts";
import { NotePlaces } from "./note-places.ts";
import { parseNote } from "./parse-note.ts";
import { blockOf, sectionOf } from "./sections.ts";

const note = parseNote(
  [
    "# A",
    "## B",
    "### C",
    "x ^Id",
    "## D",
    "### C",
    "y",
    "# B: `c`, [[d|e]]?",
    "### C",
    "- z ^id",
    "## A",
  ].join("\n"),
);

/** Lines of what a subpath shows. */
const shown = (subpath: string) => {
  const path = readSubpath(subpath);
  const range = path && new NotePlaces(note).find(path);
  return range && [range.line, range.endLine];
};
const section = (...path: readonly string[]) => {
  const range = sectionOf(note, path);
  return range && [range.line, range.endLine];
};

describe("a section", () => {
  it("is found by its heading, whatever its case, marks and blanks", () => {
    expect(section("A")).toEqual([1, 7]);
    expect(section("b c d e")).toEqual([8, 11]);
    expect(section("  B:   C, [[d|e]] ")).toEqual([8, 11]);
    expect(section("c")).toEqual([3, 4]);
    expect([section("E"), section(""), section()]).toEqual([undefined, undefined, undefined]);
  });

  it("is found below other headings, at any depth, and never outside them", () => {
    expect(section("A", "C")).toEqual([3, 4]);
    expect(section("A", "D", "C")).toEqual([6, 7]);
    expect(section("D", "C")).toEqual([6, 7]);
    expect(section("b c d e", "C")).toEqual([9, 10]);
    expect(section("D", "A")).toBeUndefined();
    expect(section("C", "D")).toBeUndefined();
  });
});

describe("a block", () => {
  it("is found by its id, whatever its case; the first of several", () => {
    expect(blockOf(note, "ID")).toEqual({ line: 4, endLine: 4 });
    expect(blockOf(note, "no")).toBeUndefined();
  });
});

describe("a subpath", () => {
  it("is found as Obsidian finds it: the next deeper heading, wherever it stands", () => {
    expect(shown("#A")).toEqual([1, 7]);
    expect(shown("#A#D#C")).toEqual([6, 7]);
    expect(shown("#b#C")).toEqual([3, 4]);
    // In Obsidian B's first match decides, and the C after it is taken from the next section if need be.
    expect(shown("#D#C")).toEqual([6, 7]);
    expect(shown("#B c d e#A")).toEqual([11, 11]);
    expect(shown("#D#A")).toBeUndefined();
    expect(shown("#^ID")).toEqual([4, 4]);
    expect(shown("#^no")).toBeUndefined();
  });

  it("leaves its section where a section would not", () => {
    const two = parseNote("## A\n## B\n### C");
    expect(sectionOf(two, ["A", "C"])).toBeUndefined();
    expect(new NotePlaces(two).find({ kind: "heading", path: ["A", "C"] })).toEqual({ line: 3, endLine: 3 });
  });

  it("is found as by walking through all headings", () => {
    const heading = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom("a", "b", "c"));
    fc.assert(
      fc.property(
        fc.array(heading),
        fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 }),
        (list, path) => {
          const { headings, blocks } = parseNote(
            list.map(([level, name]) => `${"#".repeat(level)} ${name}`).join("\n"),
          );
          let [depth, next, line]: [number, number, number | undefined] = [0, 0, undefined];
          for (const each of headings) {
            if (next === path.length || each.level <= depth || each.text !== path[next]) continue;
            [depth, next, line] = [each.level, next + 1, each.line];
          }
          const found = new NotePlaces({ headings, blocks }).find({ kind: "heading", path });
          expect(found?.line).toBe(next === path.length ? line : undefined);
        },
      ),
    );
  });

  it("is written as it is read", () => {
    for (const subpath of ["#a", "#a#b c", "#^id", "#a#^b"])
      expect(writeSubpath(readSubpath(subpath))).toBe(subpath);
    expect([
      writeSubpath(readSubpath("##a#")),
      writeSubpath(readSubpath("# ")),
      writeSubpath(undefined),
    ]).toEqual(["#a", "", ""]);
  });

  it("is found in a note of many headings as fast as in others", { tags: "clock" }, () => {
    const many = parseNote("# a\n## b\n".repeat(50_000));
    const places = new NotePlaces(many);
    const start = performance.now();
    for (let i = 0; i < 50_000; i += 1) places.find({ kind: "heading", path: ["a", "b", `c${i}`] });
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
