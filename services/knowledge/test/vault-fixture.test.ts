import { describe, expect, it } from "vitest";

import { parseCanvas } from "../src/core/vault/canvas.ts";
import { LinkChecker, vaultGraph } from "../src/core/vault/graph.ts";
import { writeSubpath } from "../src/core/vault/link-target.ts";
import { resolveLink } from "../src/core/vault/resolve-link.ts";
import { conflictOf, isExcalidraw } from "../src/core/vault/vault-paths.ts";
import {
  fixturePaths,
  readFixtureFile,
  readFixtureVault,
  type FixtureNote,
} from "./support/fixture-vault.ts";
import expected from "./vault-expected.json" with { type: "json" };

type ExpectedLink = { line: number; link: string; to?: string; subpath?: string; broken?: string };
const expectedLinks: Readonly<Record<string, readonly ExpectedLink[]>> = expected;

const { names, notes } = readFixtureVault();
const written = [...notes.values()].filter(({ note }) => !isExcalidraw(note.properties));
const checker = new LinkChecker(names, new Map([...notes].map(([path, { note }]) => [path, note])));

/** Where each link of a note leads, in the order of the text. */
function linksOf({ path, text, note }: FixtureNote): ExpectedLink[] {
  const links = note.links.toSorted((a, b) => a.span.start - b.span.start);
  return links.map((link) => {
    const { to, missing } = checker.check(path, link);
    const found: ExpectedLink = { line: link.line, link: text.slice(link.span.start, link.span.end) };
    if (to !== undefined) found.to = to;
    if (to !== undefined && link.subpath) found.subpath = writeSubpath(link.subpath);
    if (missing !== undefined) found.broken = missing;
    return found;
  });
}

describe("the fixture vault", () => {
  it("is written down note by note", () => {
    expect(written.length).toBeGreaterThanOrEqual(120);
    expect(written.map(({ path }) => path)).toEqual(Object.keys(expectedLinks).toSorted());
  });

  it.each(written.map((note) => [note.path, note] as const))(
    "has each link of %s lead where Obsidian leads it",
    (path, note) => {
      expect(linksOf(note)).toEqual(expectedLinks[path]);
    },
  );

  it("has exactly the broken links that are written down, and these orphans", () => {
    const graph = vaultGraph(
      names,
      written.map(({ path, note }) => ({ path, ...note })),
    );
    const broken = Object.entries(expectedLinks).flatMap(([from, links]) =>
      links.flatMap(({ line, broken: reason }) =>
        reason === undefined ? [] : [`${from}:${line} ${reason}`],
      ),
    );
    expect(broken).toHaveLength(72);
    expect(graph.unresolved.map(({ from, line, reason }) => `${from}:${line} ${reason}`).toSorted()).toEqual(
      broken.toSorted(),
    );
    // Some link to themselves only.
    expect(graph.orphans).toEqual([
      "Archive/Lonely.md",
      "Reference/Blocks.md",
      "Reference/Empty.md",
      "Reference/Loop self.md",
      "Templates/Meeting.md",
    ]);
  });

  it("knows what links to a note", () => {
    const graph = vaultGraph(
      names,
      written.map(({ path, note }) => ({ path, ...note })),
    );
    const from = (path: string) =>
      [...new Set(graph.backlinks.get(path)?.map((link) => link.from))].toSorted();
    expect(from("Projects/Kitchen/Plan.md")).toEqual([
      "Projects/Garden/Index.md",
      "Projects/Garden/Plan.md",
      "Projects/Index.md",
      "Projects/Kitchen/Costs.md",
      "Projects/Overview.md",
      "Work/Meeting 2026-01-08.md",
    ]);
    expect(from("Old Projects/Plan.md")).toEqual([
      "Home.md",
      "Journal/2026/2026-01-10.md",
      "Projects/Garden/Beds/Beds.md",
      "Projects/Overview.md",
    ]);
  });

  it("has a canvas whose cards are read, and one that is broken and says so", () => {
    const { cards, files, problem } = parseCanvas(readFixtureFile("Board.canvas"));
    expect(problem).toBeUndefined();
    expect(
      cards.flatMap(({ links }) => links.map(({ target }) => resolveLink(names, "Board.canvas", target))),
    ).toEqual(["Projects/Garden/Plan.md", "📚 Books/Reading list.md", "Recipes/Café.md", undefined]);
    expect(files.map(({ path, subpath }) => [path, writeSubpath(subpath), names.has(path)])).toEqual([
      ["Projects/Garden/Plan.md", "#Summer", true],
      ["Attachments/photo.png", "", true],
      ["Projects/Garden/Gone.md", "", false],
    ]);
    expect(parseCanvas(readFixtureFile("Broken.canvas")).problem).toMatch(/^The canvas is no JSON/u);
  });

  it("has names that any system can check out, with bytes that git leaves alone", () => {
    const paths = fixturePaths();
    for (const path of paths) expect(path).not.toMatch(/[<>:"\\|?*\p{Cc}]|[. ](?:\/|$)/u);
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length);
    expect(readFixtureFile("Homelab/Windows note.md")).toContain("\r\n");
    expect(readFixtureFile("Homelab/Byte order mark.md")).toMatch(/^\u{feff}---/u);
    expect(paths.filter((path) => conflictOf(path) !== undefined)).toEqual([
      "Homelab/Secrets (conflicted copy 2026-01-03).md",
      "Projects/Garden/Plan.sync-conflict-20260114-101500-ABCDEFG.md",
    ]);
  });

  it("has properties, tags, fields and callouts beside its links", () => {
    const note = (path: string) => notes.get(path)?.note;
    expect(note("Reference/Tags.md")?.tags).toEqual([
      ..."reference Nested/Tag single heading-tag simple nested/tag/deeper".split(" "),
      ..."with_underscore with-dash y1984 ünïcode 日本語 🌱 bold end one two".split(" "),
    ]);
    expect(note("Reference/Dataview.md")?.fields.map(({ key, value, line }) => [key, value, line])).toEqual([
      ["whole line", "value with [[Home]]", 3],
      ["bold key", "value", 4],
      ["list item", "[[Inbox]]", 5],
      ["due", "2026-02-01", 6],
      ["who", "[[Anna Müller|Anna]]", 6],
      ["a", "1", 8],
      ["b", "[[Index]], [[Mood]]", 8],
      ["c", "3", 8],
      ["Home", "linked key", 10],
    ]);
    expect(
      note("Reference/Callouts.md")?.callouts.map(({ type, fold, line, endLine }) => [
        type,
        fold,
        line,
        endLine,
      ]),
    ).toEqual([
      ["note", undefined, 3, 4],
      ["my-custom-type", "open", 6, 11],
      ["tip", undefined, 8, 11],
      ["bug", "closed", 10, 11],
    ]);
    expect(note("People/Anna Müller.md")?.aliases).toEqual(["Anna", "Annchen"]);
    expect(note("Homelab/Broken front matter.md")).toMatchObject({
      properties: {},
      frontMatterLines: 5,
      tags: ["broken"],
    });
    expect(note("Homelab/Broken front matter.md")?.propertiesProblem).toMatch(/not read/u);
    expect(note("Homelab/Windows note.md")?.properties).toEqual({ "made-on": "windows", see: "[[NAS]]" });
  });
});
