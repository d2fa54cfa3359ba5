import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { writeSubpath } from "./link-target.ts";
import type { NoteLink } from "./note.ts";
import { parseNote } from "./parse-note.ts";

/** A link in short: its mark, target, subpath and display. */
const brief = ({ kind, isEmbed, target, subpath, display, isProperty }: NoteLink) =>
  [
    `${isEmbed ? "!" : ""}${kind === "wikilink" ? "w" : "m"}${isProperty ? "p" : ""}`,
    `${target}${writeSubpath(subpath)}`,
    ...(display === undefined ? [] : [display]),
  ].join(" ");
const linksIn = (text: string) => parseNote(text).links.map((link) => brief(link));

describe("links of a note", () => {
  it.each([
    [
      "[[a]] [[a|b]] [[a#H|b]] [[a#H#I]] [[a#^x]] [[#H]] [[#^x]]",
      ["w a", "w a b", "w a#H b", "w a#H#I", "w a#^x", "w #H", "w #^x"],
    ],
    ["![[a.png|100]] ![[a#H]]", ["!w a.png 100", "!w a#H"]],
    ["[[../a]] [[./a]] [[/a/b]] [[a/b.md]]", ["w ../a", "w ./a", "w /a/b", "w a/b.md"]],
    ["[[ a ]] [[a# ]] [[a|]] [[ a # H | b ]]", ["w a", "w a", "w a", "w a#H b"]],
    ["[[]] [[ ]] [[|x]] [[a [[b]] [[c", ["w b"]],
    ["[[a\nb]] [[[c]]] [[d]]]", ["w c", "w d"]],
    ["\\[[a]] \\![[b]] !\\[[c]] \\\\[[d]]", ["w b", "w d"]],
    ["[[v1.2 notes]] [[😀]] [[a|b|c]] [[a%20b]]", ["w v1.2 notes", "w 😀", "w a b|c", "w a%20b"]],
  ])("are wikilinks, in %j", (text, links) => {
    expect(linksIn(text)).toEqual(links);
  });

  it.each([
    ["[a](b.md) [a](b%20c.md#H%20I) [](b)", ["m b.md a", "m b c.md#H I a", "m b"]],
    [
      "[a](<b c.md>) [a](<b c.md#H> 'T') [a](b 'T') [a]( b )",
      ["m b c.md a", "m b c.md#H a", "m b a", "m b a"],
    ],
    ["![a](b.png) ![a|100](b.png) ![](b.png)", ["!m b.png a", "!m b.png a|100", "!m b.png"]],
    ["[a](b(c)d) [a](b\\)c) [a](b c) [a]() [a](b", ["m b(c)d a", "m b)c a"]],
    ["[a](https://x.org) [a](mailto:x@y) [a](obsidian://x) [a](//x) [a](www.x.org)", ["m www.x.org a"]],
    [
      "[a](#H) [a](#^b) [a](100%.md) [a](%FF.md) [a](%C3%A9.md)",
      ["m #H a", "m #^b a", "m 100%.md a", "m %FF.md a", "m é.md a"],
    ],
    ["[![a](b.png)](c.md) [[[a]](b.md)", ["!m b.png a", "m c.md ![a](b.png)", "w a"]],
    ["[a [[b]] c](d.md) [a [b](c.md) d](e.md)", ["w b", "m c.md b"]],
    ["[a\nb](c.md)", ["m c.md a\nb"]],
    ["[a]: b.md\n[c]: <d e.md> 'T'\n[^f]: [[g]]\ntext\n[h]: i.md", ["m b.md a", "m d e.md c", "w g"]],
    ["[a]: b.md extra\n\n[c]:\nd.md", []],
  ])("are Markdown links, in %j", (text, links) => {
    expect(linksIn(text)).toEqual(links);
  });

  it.each([
    ["code", "`[[a]]` ``[[b]] ` [[c]]`` `[[d]]\n[[e]]` [[f]]`", ["w f"]],
    ["fences", "```\n[[a]]\n```\n~~~~\n~~~\n[[b]]\n~~~~\n[[c]]\n```\n[[d]]", ["w c"]],
    [
      "fences in quotes and items",
      "> ```\n> [[a]]\n[[b]]\n\n- ```\n  [[c]]\n- [[d]]\n\n1. x\n   ~~~\n\n   [[e]]\n   ~~~\n   [[f]]",
      ["w b", "w d", "w f"],
    ],
    ["indented code", "x\n\n    [[a]]\n\n- y\n\n      [[b]]\n\n  [[c]]", ["w c"]],
    [
      "comments",
      "%%[[a]]%% [[b]] %% [[c]]\n\n%%\n[[d]]\n\n[[e]]\n%% [[f]]\n\n%% [[g]]\n\n[[h]]",
      ["w b", "w c", "w f"],
    ],
    [
      "HTML comments",
      "<!-- [[a]] --> [[b]]\n\nx <!-- [[c]]\n[[d]] --> [[e]]\n\n<!--\n\n[[f]]\n-->\n[[g]]",
      ["w e", "w g"],
    ],
    [
      "HTML",
      '<div>\n[[a]]\n</div>\n\n[[b]] <a title="[[c]]">[[d]]</a> a < b [[e]] <f\n<https://x/[[g]]>',
      ["w b", "w d", "w e"],
    ],
    [
      "formulas",
      "$[[a]]$ $$[[b]]$$ $5 [[c]] and $6, $ [[d]] $\n\n$$\n[[e]]\n\n[[f]]\n$$ [[g]]\n\n\\$[[h]]$",
      ["w c", "w d", "w g", "w h"],
    ],
  ])("are none in %s", (_, text, links) => {
    expect(linksIn(text)).toEqual(links);
  });

  it("in tables need their bar escaped", () => {
    const table = "| a | b |\n|---|---|\n| [[c\\|d]] | [[e|f]] |\n| `x` | [[g]] |\n\n[[h|i]]";
    expect(linksIn(table)).toEqual(["w c d", "w g", "w h i"]);
  });

  it("in properties are whole texts, however deep and quoted", () => {
    const text = `---\na: "[[b|c]]"\nd: ['[[Anna''s]]', "[[e\\"f#G]]", x]\nh:\n  i: >-\n    [[j]]\nk: [[l]]\nm: "see [[n]]"\no: "![[p]]"\n---\n[[q]]`;
    const { links } = parseNote(text);
    expect(links.map((link) => brief(link))).toEqual(["wp b c", "wp Anna's", 'wp e"f#G', "wp j", "w q"]);
    expect(links.map(({ line }) => line)).toEqual([2, 3, 3, 6, 11]);
    expect(links.map(({ targetSpan: { start, end } }) => text.slice(start, end))).toEqual([
      "b",
      "Anna''s",
      'e\\"f',
      "j",
      "q",
    ]);
  });

  it("have spans of the very text, byte order mark and line ends included", () => {
    const text =
      '\u{feff}---\r\na: "[[b#c]]"\r\n---\r\n> x [[d\\|e]]\r\n> [f\r\n> g](h%20i.md#j "k")\r\n\r\n![[l]]\r\n';
    const { links } = parseNote(text);
    expect(links.map(({ span, line }) => [text.slice(span.start, span.end), line])).toEqual([
      ["[[b#c]]", 2],
      ["[[d\\|e]]", 4],
      ['[f\r\n> g](h%20i.md#j "k")', 5],
      ["![[l]]", 8],
    ]);
    expect(links.map(({ targetSpan: { start, end } }) => text.slice(start, end))).toEqual([
      "b",
      "d",
      "h%20i.md",
      "l",
    ]);
  });
});

describe("tags of a note", () => {
  it.each([
    [
      "#a #b/c/d #e_f-g #ü #日本語 #😀 #y1984 #1984 #2a",
      ["a", "b/c/d", "e_f-g", "ü", "日本語", "😀", "y1984", "2a"],
    ],
    ["a#b (#c) \\#d `#e` [#f](g) [[h#i]] https://x/#j &#39; <b id='#k'> #l.", ["l"]],
    [
      "# #a\n## b #c\n\n#d#e\n\n**#f** ==#g==\n\n| #h | i |\n|---|---|\n| #j | x |",
      ["a", "c", "d", "e", "f", "g", "h", "j"],
    ],
    ["---\ntags: [A, b]\n---\n#a #B #c", ["A", "b", "c"]],
    ["---\nTags: '#a #b'\ntag: c, d e\n---", ["a", "b", "c", "d e"]],
  ])("of %j", (text, tags) => {
    expect(parseNote(text).tags).toEqual(tags);
  });
});

describe("front matter of a note", () => {
  it("gives properties, aliases and its length", () => {
    const { properties, aliases, frontMatterLines } = parseNote(
      "---\nalias: a, b\nAliases: [c, 4]\nd: 2024-01-02\n---\ne",
    );
    expect(properties).toEqual({ alias: "a, b", Aliases: ["c", 4], d: "2024-01-02" });
    expect(aliases).toEqual(["c", "4", "a, b"]);
    expect(frontMatterLines).toBe(5);
  });

  it.each(["---\na: [\n---\n[[b]] #c", "---\n- a\n- b\n---\n[[b]] #c", "---\na: 1\na: 2\n---\n[[b]] #c"])(
    "that is broken leaves the body and says so: %j",
    (text) => {
      const note = parseNote(text);
      expect(note).toMatchObject({ properties: {}, tags: ["c"] });
      expect(note.propertiesProblem).toMatch(/^The front matter (?:was not read|is not a mapping)/u);
      expect(note.links.map(({ target }) => target)).toEqual(["b"]);
    },
  );

  it("is none when it is empty, not first or not closed", () => {
    for (const text of ["---\n---\n[[a]]", "\n---\na: 1\n---\n[[a]]", "---\na: 1\n[[a]]"]) {
      expect(parseNote(text)).toMatchObject({ properties: {}, propertiesProblem: undefined });
      expect(parseNote(text).links).toHaveLength(1);
    }
  });
});

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

describe("Dataview's fields of a note", () => {
  it.each([
    [
      "a:: b\nc d :: e\n**f**:: g\n- h:: i\n- [ ] j:: k\n> l:: m",
      ["a=b", "c d=e", "f=g", "h=i", "j=k", "l=m"],
    ],
    ["x [a:: b] y (c:: d [e]) [f::] [g:: [[h]], [i](j)]", ["a=b", "c=d [e]", "f=", "g=[[h]], [i](j)"]],
    ["a:: b [c:: d]\n[[e|f]]:: g\n😀 h:: i\nj😀:: k", ["c=d", "e=g", "h=i", "j😀=k"]],
    [
      "`a:: b`\n[a b]:: c\nd `e::f` (g:: `h`)\n[[std::vector]]\n\\[i:: j]\n%%k:: l%%\na:: b ^id",
      ["g=`h`", "i=j", "a=b"],
    ],
    ["```\na:: b\n```\n\n| c:: d | [e:: f] |\n|---|---|\n| g:: h | x |", ["c=d", "e=f", "g=h"]],
  ])("of %j", (text, fields) => {
    expect(parseNote(text).fields.map(({ key, value }) => `${key}=${value}`)).toEqual(fields);
  });
});

describe("any text", () => {
  const marks = [
    "[[",
    "]]",
    "[",
    "](",
    ")",
    "!",
    "#",
    "# ",
    "|",
    "\\",
    "`",
    "```\n",
    "~~~",
    "$",
    "$$",
    "%%",
    "<!--",
    "-->",
    "<b>",
    "^x",
  ];
  const more = [
    "\n",
    "\r\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "    ",
    "\t",
    "---\n",
    "===\n",
    "|-|-|\n",
    "::",
    "[!a]",
    "a",
    "é",
    "😀",
    " ",
    "\u{feff}",
    "\0",
    "\u{d800}",
  ];
  const text = fc.array(
    fc.oneof(fc.constantFrom(...marks), fc.constantFrom(...more), fc.string({ unit: "binary" })),
    { maxLength: 60 },
  );

  it("is read, with links that stand where they say", () => {
    fc.assert(
      fc.property(text, (parts) => {
        const note = parts.join("");
        const lineCount = note.split("\n").length;
        const { links, headings, blocks, callouts } = parseNote(note);
        for (const { kind, span, targetSpan, isEmbed, isProperty, line } of links) {
          const written = note.slice(span.start, span.end);
          expect(written.startsWith(isEmbed ? "![" : "[")).toBe(true);
          if (kind === "wikilink") expect(written).toMatch(/^!?\[\[.+\]\]$/u);
          expect(targetSpan.start).toBeGreaterThan(span.start);
          expect(targetSpan.end).toBeLessThanOrEqual(span.end);
          expect(note.slice(0, span.start).split("\n")).toHaveLength(line);
          if (!isProperty) expect(note.slice(targetSpan.start, targetSpan.end)).not.toContain("#");
        }
        for (const { line, endLine } of [...headings, ...blocks, ...callouts]) {
          expect(line).toBeGreaterThan(0);
          expect(endLine).toBeGreaterThanOrEqual(line);
          expect(endLine).toBeLessThanOrEqual(lineCount);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("has the same content with other line ends", () => {
    fc.assert(
      fc.property(text, (parts) => {
        const note = parts.join("").replaceAll("\r", "");
        const [unix, windows] = [parseNote(note), parseNote(note.replaceAll("\n", "\r\n"))];
        expect(windows.links.map((link) => [brief(link).replaceAll("\r", ""), link.line])).toEqual(
          unix.links.map((link) => [brief(link), link.line]),
        );
        for (const part of ["tags", "headings", "blocks", "callouts", "fields", "frontMatterLines"] as const)
          expect(windows[part], part).toEqual(unix[part]);
      }),
      { numRuns: 500 },
    );
  });

  it.each(["[[", "%%", "`", "`` ` ", "$", "$a ", "[a]("])(
    "of 5 MB of %j is read in linear time",
    (mark) => {
      expectLinear(mark.repeat(Math.ceil(5_000_000 / mark.length)));
    },
    60_000,
  );

  it("of 10,000 nested callouts a line is read in linear time", () => {
    expectLinear(`${">".repeat(10_000)}[!note] a\n`.repeat(100));
    expectLinear(`${"> ".repeat(10_000)}[!note] a\n`.repeat(100));
    expectLinear(`${"- ".repeat(10_000)}a\n`.repeat(100));
  }, 60_000);

  it.each([
    ...["]]", "[[a", "[[a]]", "%%\n", "%%a\n", "$$", '[a](b "', "[a](<", "[a](b)", "![", "[", "]", "\\["],
    ...["<!--", "<a ", '<a b="', "<", "<a@", "#a", "#a ", "*#", "# a\n", "|", "|a|\n|-|\n", "[k:: ", "(k:: "],
    ...[
      "(k:: v) ",
      "a::b\n",
      `${"_".repeat(250)}::b\n`,
      " ^a",
      "_",
      "- ",
      "- a\n",
      "\n",
      ">\n",
      "> a\n",
      "[^a]: ",
    ],
    ...["[a]: b\n", "---\n", "===\n", "a\n", "\t", " ", "%41", "[a](%41", "\r", "\u{feff}", "```\n", "$$\n"],
  ])(
    "of 1 MB of %j is read in linear time",
    (mark) => {
      expectLinear(mark.repeat(Math.ceil(1_000_000 / mark.length)));
    },
    60_000,
  );
});

/** Well below two seconds, or, on a slow machine, no more than a few times what half of it takes. */
function expectLinear(note: string): void {
  const whole = timed(() => parseNote(note));
  if (whole > 2_000) expect(whole).toBeLessThan(5 * timed(() => parseNote(note.slice(0, note.length / 2))));
}

function timed(act: () => unknown): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}
