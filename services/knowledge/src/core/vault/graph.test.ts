import { describe, expect, it } from "vitest";

import { vaultGraph } from "./graph.ts";
import { parseNote } from "./parse-note.ts";
import { VaultNames } from "./vault-names.ts";

const texts: Readonly<Record<string, string>> = {
  "a.md": "# H\n[[b]] [[b#H]] [[#H]] [[#I]]\n\n[[c.png]] [[gone#x|y]] ![[b#^id]] [[b#^no]] [[c.png#x]]",
  "b.md": "# H\nx ^id",
  "d/e.md": "[[#nothing]]",
  "d/f.md": "[[gone]]",
  "g.canvas": "[[a]]",
  "h.canvas": "",
};
const names = new VaultNames([...Object.keys(texts), "c.png"]);
const graph = vaultGraph(
  names,
  Object.entries(texts).map(([path, text]) => ({ path, ...parseNote(text) })),
);

describe("the graph of a vault", () => {
  it("has what is resolved, with or without its place", () => {
    expect(graph.links.get("a.md")?.map(({ to }) => to)).toEqual(
      "b.md b.md a.md a.md c.png b.md b.md c.png".split(" "),
    );
    expect(graph.links.get("d/f.md")).toBeUndefined();
  });

  it("has backlinks from other files", () => {
    expect(graph.backlinks.get("b.md")?.map(({ from, link }) => [from, link.line])).toEqual([
      ["a.md", 2],
      ["a.md", 2],
      ["a.md", 4],
      ["a.md", 4],
    ]);
    expect(graph.backlinks.get("a.md")?.map(({ from }) => from)).toEqual(["g.canvas"]);
    expect(graph.backlinks.get("d/e.md")).toBeUndefined();
  });

  it("says of what is not resolved where it stands, what it names and what is missing", () => {
    expect(graph.unresolved).toEqual([
      { from: "a.md", line: 2, text: "#I", reason: "no_heading" },
      { from: "a.md", line: 4, text: "gone#x", reason: "no_note" },
      { from: "a.md", line: 4, text: "b#^no", reason: "no_block" },
      { from: "d/e.md", line: 1, text: "#nothing", reason: "no_heading" },
      { from: "d/f.md", line: 1, text: "gone", reason: "no_note" },
    ]);
  });

  it("has notes that stand alone", () => {
    expect(graph.orphans).toEqual(["d/e.md"]);
  });
});
