import { describe, expect, it } from "vitest";

import { briefLink } from "../../../test/support/brief-link.ts";
import { parseNote } from "./parse-note.ts";

const linksIn = (text: string) => parseNote(text).links.map((link) => briefLink(link));

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
    ["[a]: b.md\n===\n\n[c]: d.md\n'e\n---\n[f](g.md)", ["m b.md a", "m d.md c", "m g.md f"]],
    ["| a | b |\n|---|---|\n| [c](d.md) | [e](f.md)\\", ["m d.md c", "m f.md e"]],
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
    expect(links.map((link) => briefLink(link))).toEqual(["wp b c", "wp Anna's", 'wp e"f#G', "wp j", "w q"]);
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
