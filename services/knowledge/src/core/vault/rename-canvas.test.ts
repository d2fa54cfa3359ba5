import { describe, expect, it } from "vitest";

import { readFixtureFile, readFixtureVault } from "../../../test/support/fixture-vault.ts";
import { renameInCanvas } from "./rename-canvas.ts";
import { VaultNames } from "./vault-names.ts";

const { names } = readFixtureVault();
const board = readFixtureFile("Board.canvas");
const renamed = (json: string, from: string, to: string, before = names) => {
  const moves = new Map([[from, to]]);
  return renameInCanvas(json, "Board.canvas", { before, after: before.moved(moves), moves });
};

describe("a canvas after a move", () => {
  it("has the new path in its file cards and in its texts' links, all else byte by byte", () => {
    const { text, changed } = renamed(board, "Projects/Garden/Plan.md", 'Gärten/Plan "A".md');
    expect(changed).toBe(2);
    expect(text).toBe(
      board
        .replace("[[Garden/Plan#Spring]]", String.raw`[[Gärten/Plan \"A\"#Spring]]`)
        .replace('"Projects/Garden/Plan.md"', String.raw`"Gärten/Plan \"A\".md"`),
    );
    expect(JSON.parse(text)).toMatchObject({
      nodes: [{}, { file: 'Gärten/Plan "A".md', subpath: "#Summer" }, {}, {}, {}, {}],
    });
  });

  it("keeps a text's escapes around the links that it rewrites", () => {
    const { text, changed } = renamed(board, "Recipes/Café.md", "Recipes/Bar.md");
    expect(changed).toBe(1);
    expect(text).toBe(board.replace(String.raw`[[Caf\u00e9]]`, "[[Bar]]"));
  });

  it("encodes what a Markdown link needs encoded", () => {
    const { text } = renamed(board, "📚 Books/Reading list.md", "📚 Books/To read.md");
    expect(text).toBe(board.replace("(📚%20Books/Reading%20list.md)", "(📚%20Books/To%20read.md)"));
  });

  it("that nothing concerns, or that is none, is left as it is", () => {
    expect(renamed(board, "Mood.md", "Moods.md")).toEqual({ text: board, changed: 0, lost: [] });
    for (const json of [
      "",
      "{",
      '{"nodes":"x"}',
      '[{"type":"file","file":"Mood.md"}]',
      '{"edges":[{"file":"Mood.md","type":"file"}]}',
    ])
      expect(renamed(json, "Mood.md", "Moods.md").text).toBe(json);
  });

  it("says which links it cannot help", () => {
    const json = '{"nodes":[{"type":"text","text":"[[a]] [[b]]"},{"type":"file","file":"a.md"}]}';
    const { text, lost } = renamed(json, "a.md", "a#1.md", new VaultNames(["a.md", "b.md"]));
    expect(text).toBe(json.replace('"a.md"', '"a#1.md"'));
    expect(lost).toEqual(["[[a]]"]);
  });
});
