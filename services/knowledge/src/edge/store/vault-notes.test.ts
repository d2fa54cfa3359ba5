import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { addVault, control, type IngestRig, ingestRig } from "../../../test/ingest-rig.ts";
import { searchScope } from "./hits.ts";
import { lexicalSearch, resolveDocuments } from "./lexical.ts";
import { queryTerms } from "../../core/query.ts";
import { describeNote, embeddedPaths, expandNote } from "./note-view.ts";
import { backlinks, graph, listNotes, referrers, vaultStats } from "./vault-notes.ts";

const notes = {
  "Home.md":
    "---\naliases: [Start, Anfang]\nstatus: Done\ntags: [index]\n---\nSee [[Plan]], [[plan#Aims]] and [[Nowhere]].\n![[Plan#^first]]\n",
  "work/Plan.md": "# Plan\nowner:: Ann, Bob\n\n## Aims\nBake bread. ^first\n\nBack to [[Home]] #work/bread\n",
  "work/Plan 2.md": "[gone](Gone.md) and ![picture](img/pic.png)\n",
  "img/pic.png": "not really",
  "Alone.md": "nothing here",
  "board.canvas": JSON.stringify({
    nodes: [
      { id: "a", type: "text", text: "a card on yeast, [[Plan]]" },
      { id: "b", type: "file", file: "Home.md" },
    ],
  }),
  "Sketch.excalidraw.md": "drawing",
  "Drawn.md": "---\nexcalidraw-plugin: parsed\n---\nzigzag",
  "Home.sync-conflict-20260101-120000-ABCDEFG.md": "older",
  ".obsidian/app.json": "{}",
  ".trash/Old.md": "deleted [[Plan]]",
};

describe("a vault in the index", () => {
  let rig: IngestRig & Disposable;
  let sourceId: number;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(rig.vaultRoot, path)), { recursive: true });
    writeFileSync(join(rig.vaultRoot, path), text);
  };
  const index = () => rig.ingest.indexFolder(sourceId, control());
  const list = (filter: object = {}, folder = "") => {
    const scope = searchScope(rig.db, { owner: "local", collections: ["obsidian"] });
    const documents = resolveDocuments(rig.db, { scope, filter });
    return listNotes(rig.db, { sourceId, documents, folder, startAfter: "", limit: 100 }).map((n) => n.path);
  };
  const find = (query: string) =>
    lexicalSearch(rig.db, {
      terms: queryTerms(query),
      scope: searchScope(rig.db, { owner: "local" }),
      documents: "all",
      limit: 10,
    });

  beforeEach(async () => {
    rig = ingestRig();
    sourceId = addVault(rig);
    for (const [path, text] of Object.entries(notes)) write(path, text);
    await index();
  });
  afterEach(() => rig[Symbol.dispose]());

  it("has the notes and canvases, and knows the names of all files that are not hidden", () => {
    expect(list()).toEqual([
      "Alone.md",
      "Drawn.md",
      "Home.md",
      "Home.sync-conflict-20260101-120000-ABCDEFG.md",
      "board.canvas",
      "work/Plan 2.md",
      "work/Plan.md",
    ]);
    expect(vaultStats(rig.db, { sourceId })).toMatchObject({
      notes: 7,
      files: 9,
      links: 9,
      conflicts: ["Home.sync-conflict-20260101-120000-ABCDEFG.md"],
    });
  });

  it("is made once, whatever its collection is called later", () => {
    expect(addVault(rig)).toBe(sourceId);
  });

  it("finds notes by their text, their names and their aliases, canvases by their cards, and no drawing", () => {
    expect(find("bread")).toHaveLength(1);
    expect(find("Anfang")).toHaveLength(1);
    expect(find("yeast")).toHaveLength(1);
    expect(find("zigzag")).toEqual([]);
    expect(find("deleted")).toEqual([]);
  });

  it("follows new aliases of a note whose text stays", async () => {
    write("Home.md", notes["Home.md"].replace("Anfang", "Beginn"));
    await index();
    expect(find("Beginn")).toHaveLength(1);
    expect(find("Anfang")).toEqual([]);
  });

  it("filters by folder, tag with all below it, property, inline field and link", () => {
    expect(list({}, "work")).toEqual(["work/Plan 2.md", "work/Plan.md"]);
    expect(list({ tags: ["work"] })).toEqual(["work/Plan.md"]);
    expect(list({ tags: ["WORK/bread"] })).toEqual(["work/Plan.md"]);
    expect(list({ fields: { Status: "done" } })).toEqual(["Home.md"]);
    expect(list({ fields: { owner: "bob" } })).toEqual(["work/Plan.md"]);
    expect(list({ fields: { owner: "bob", status: "done" } })).toEqual([]);
    expect(list({ links_to: "work/Plan.md" })).toEqual(["Home.md", "board.canvas"]);
    expect(list({ links_to: "Alone.md" })).toEqual([]);
  });

  it("knows what links to a note, what leads nowhere and what stands alone", () => {
    expect(backlinks(rig.db, { sourceId, path: "work/Plan.md" })).toEqual([
      { path: "Home.md", line: 6, text: "Plan", embed: false },
      { path: "Home.md", line: 6, text: "plan#Aims", embed: false },
      { path: "Home.md", line: 7, text: "Plan#^first", embed: true },
      { path: "board.canvas", line: 1, text: "Plan", embed: false },
    ]);
    expect(referrers(rig.db, { sourceId, paths: ["Home.md"] })).toEqual(["board.canvas", "work/Plan.md"]);
    const { unresolved, orphans, links } = graph(rig.db, { sourceId });
    expect(unresolved).toEqual([
      { from: "Home.md", line: 6, text: "Nowhere", reason: "no_note" },
      { from: "work/Plan 2.md", line: 1, text: "Gone.md", reason: "no_note" },
    ]);
    expect(orphans).toEqual(["Alone.md", "Drawn.md", "Home.sync-conflict-20260101-120000-ABCDEFG.md"]);
    expect(links).toContainEqual({ from: "Home.md", to: "work/Plan.md", count: 3 });
    expect(links).toContainEqual({ from: "work/Plan 2.md", to: "img/pic.png", count: 1 });
  });

  it("resolves links anew when files come and go", async () => {
    write("Nowhere.md", "here after all");
    rmSync(join(rig.vaultRoot, "work/Plan.md"));
    await index();
    const { unresolved } = graph(rig.db, { sourceId });
    expect(unresolved.map((link) => link.text)).toEqual([
      "Plan",
      "plan#Aims",
      "Plan#^first",
      "Plan",
      "Gone.md",
    ]);
    expect(backlinks(rig.db, { sourceId, path: "Nowhere.md" })).toHaveLength(1);
    expect(find("bread")).toEqual([]);
  });

  it("says what a note holds, where its links lead, and what its embeds show", () => {
    const call = { sourceId, path: "Home.md", text: notes["Home.md"] };
    const { properties, aliases, links } = describeNote(rig.db, call);
    expect(properties).toMatchObject({ status: "Done" });
    expect(aliases).toEqual(["Start", "Anfang"]);
    expect(links).toEqual([
      { text: "Plan", line: 6, embed: false, to: "work/Plan.md" },
      { text: "plan#Aims", line: 6, embed: false, to: "work/Plan.md" },
      { text: "Nowhere", line: 6, embed: false, to: null, missing: "no_note" },
      { text: "Plan#^first", line: 7, embed: true, to: "work/Plan.md" },
    ]);
    expect(embeddedPaths(rig.db, call)).toEqual(["work/Plan.md"]);
    const embedded = [{ path: "work/Plan.md", text: notes["work/Plan.md"] }];
    expect(expandNote(rig.db, { ...call, embedded })).toContainEqual({
      path: "work/Plan.md",
      line: 5,
      end_line: 5,
      embedded: true,
      text: "Bake bread. ^first",
    });
  });

  it("costs nothing to look at again", async () => {
    rig.parsed.length = 0;
    const { unchanged, touched } = (await index()).result;
    // Files that were written this very moment are read once more.
    expect(unchanged + touched).toBe(7);
    expect(rig.parsed).toEqual([]);
  });
});
