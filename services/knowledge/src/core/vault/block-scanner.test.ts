import { describe, expect, it } from "vitest";

import { parseNote } from "./parse-note.ts";

describe("headings of a note", () => {
  const headings = (text: string) =>
    parseNote(text).headings.map(({ level, text: name, line, endLine }) => [level, name, line, endLine]);

  it("are ATX and setext headings with the ends of their sections", () => {
    expect(headings("# A\nx\n## B ##\n\ny\n\nC\nd\n---\nz\n# E\n")).toEqual([
      [1, "A", 1, 10],
      [2, "B", 3, 6],
      [2, "C d", 7, 10],
      [1, "E", 11, 11],
    ]);
  });

  it("under link definitions are the text behind them, or nothing", () => {
    expect(headings("[a]: b\nC\n---\n[d]: e\n===\n\n[f]: g\n---\nx")).toEqual([[2, "C", 2, 9]]);
  });

  it("are none in quotes, items, code and comments, nor without a blank", () => {
    expect(
      headings(
        "> # a\n\n- # b\n\n```\n# c\n```\n\n%%\n# d\n%%\n\n    # e\n\n#f\n\n####### g\n\n<!--\n# h\n-->\n# I",
      ),
    ).toEqual([[1, "I", 22, 22]]);
  });
});

describe("blocks of a note", () => {
  const blocks = (text: string) => parseNote(text).blocks.map(({ id, line, endLine }) => [id, line, endLine]);

  it.each([
    ["a paragraph", "a\nb ^x\n\nc", [["x", 1, 2]]],
    [
      "an item with what is in it",
      "- a ^x\n  - b ^y\n\n  c\n- d",
      [
        ["x", 1, 4],
        ["y", 2, 2],
      ],
    ],
    ["a heading", "# a ^x\nb", [["x", 1, 1]]],
    ["a list", "1. a\n2. b\n\n^x", [["x", 1, 2]]],
    [
      "a table",
      "| a |\n|---|\n| b |\n\n^x\n\n| a |\n|---|\n| b |\n^y",
      [
        ["x", 1, 3],
        ["y", 7, 9],
      ],
    ],
    [
      "a quote",
      "> a\n> b\n\n^x\n\n> c ^y\n> > d",
      [
        ["x", 1, 2],
        ["y", 6, 7],
      ],
    ],
    [
      "a fence",
      "```\na\n```\n^x\n\n~~~\nb\n~~~\n\n^y",
      [
        ["x", 1, 3],
        ["y", 6, 8],
      ],
    ],
    ["a callout", "> [!note] a\n> b\n\n^x", [["x", 1, 2]]],
    ["a formula", "$$\na\n$$\n^x", [["x", 1, 3]]],
    ["the paragraph before", "a\n\n^x", [["x", 1, 1]]],
  ])("are named by an id: %s", (_, text, found) => {
    expect(blocks(text)).toEqual(found);
  });

  it("are not named by what is no id", () => {
    for (const text of [
      "a^x",
      "a ^x b",
      "a ^ü",
      "`^x`",
      "a `b ^x`",
      "a %%b ^x%%",
      "^x",
      "| a ^x |\n|---|",
      "a ^",
      "$a ^x$",
    ])
      expect(blocks(text), text).toEqual([]);
  });
});

describe("tables of a note", () => {
  it("have as many columns in their head as in their rule", () => {
    const cells = (text: string) => parseNote(text).links.map(({ target }) => target);
    expect(cells("| a | b |\n|---|---|\n| [[c|d]] | [[e]] |")).toEqual(["e"]);
    expect(cells("a | b\n- | -\n[[c|d]] | [[e]]")).toEqual(["c", "e"]);
    expect(cells("a | b\n:- | -:\n[[c|d]] | [[e]]\n\n[[f|g]]")).toEqual(["e", "f"]);
    expect(cells("| a | b | c |\n|---|---|\n| [[c|d]] | [[e]] |")).toEqual(["c", "e"]);
  });
});

describe("callouts of a note", () => {
  it("have a type, a title, a fold and their lines, nested ones too", () => {
    const text =
      "> [!NOTE]- A [[b]]\n> c\n>> [!my type|x]+\n>> d\n\n- > [!tip]\n  > e\n\n> f\n> [!no]\n\n>\n> [!no]\n\n[!no]";
    expect(parseNote(text).callouts).toEqual([
      { type: "note", title: "A [[b]]", fold: "closed", line: 1, endLine: 4 },
      { type: "my-type", title: undefined, fold: "open", line: 3, endLine: 4 },
      { type: "tip", title: undefined, fold: undefined, line: 6, endLine: 7 },
    ]);
  });
});
