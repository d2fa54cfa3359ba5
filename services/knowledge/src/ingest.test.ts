import { readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { addFolder, control, ingestRig, type IngestRig } from "../test/ingest-rig.ts";
import { listDocuments } from "./edge/store/documents.ts";
import { checkIntegrityOfIndex } from "./edge/store/index-health.ts";
import { deleteDocument, textOfDocument } from "./edge/store/documents.ts";
import { listSources } from "./edge/store/sources.ts";

const sound = {
  chunksWithoutDocument: 0,
  chunksWithoutText: 0,
  textsWithoutChunk: 0,
  vectorsWithoutChunk: 0,
  documentsWithoutSource: 0,
  documentsWithGaps: 0,
};

function paths({ db }: IngestRig): string[] {
  return listDocuments(db, { owner: "local", limit: 1_000 })
    .map((d) => d.path)
    .toSorted();
}

function find({ db }: IngestRig, word: string): number[] {
  return db
    .prepare<[string], number>("SELECT rowid FROM chunk_index WHERE chunk_index MATCH ? ORDER BY rowid")
    .pluck()
    .all(word);
}

async function index(rig: IngestRig, id: number) {
  rig.parsed.length = 0;
  return (await rig.ingest.indexFolder(id, control())).result;
}

/** Long enough that each section is a chunk of its own. */
function section(title: string, word: string): string {
  return `# ${title}\n\n${`${word} `.repeat(300)}\n\n`;
}

describe("S54: the index follows a folder", () => {
  it("does no work for what did not change, and only stamps what was touched", async () => {
    using rig = ingestRig();
    rig.write("a.md", "# A\n\nalpha");
    const id = addFolder(rig);
    expect(await index(rig, id)).toMatchObject({ added: 1 });
    utimesSync(join(rig.root, "a.md"), 1_000, 1_000);
    expect(await index(rig, id)).toMatchObject({ touched: 1, edited: 0 });
    expect(rig.parsed).toEqual([]);
  });

  it("keeps the chunks of an edited file that are the same, with their ids", async () => {
    using rig = ingestRig();
    rig.write("a.md", section("One", "alpha") + section("Two", "beta") + section("Three", "gamma"));
    const id = addFolder(rig);
    await index(rig, id);
    const before = { alpha: find(rig, "alpha"), gamma: find(rig, "gamma") };
    rig.write(
      "a.md",
      section("Zero", "omega") +
        section("One", "alpha") +
        section("Two", "delta") +
        section("Three", "gamma"),
    );
    expect(await index(rig, id)).toMatchObject({ edited: 1 });
    expect({ alpha: find(rig, "alpha"), gamma: find(rig, "gamma") }).toEqual(before);
    expect(find(rig, "beta")).toEqual([]);
    expect(find(rig, "delta").length).toBeGreaterThan(0);
    expect(checkIntegrityOfIndex(rig.db)).toEqual(sound);
  });

  it("moves a renamed file's document, chunks and vectors, across folders too", async () => {
    using rig = ingestRig();
    rig.write("a.md", "# Same title\n\nalpha");
    const id = addFolder(rig);
    await index(rig, id);
    const [before] = listDocuments(rig.db, { owner: "local", limit: 9 });
    const chunks = find(rig, "alpha");
    mkdirSync(join(rig.root, "deep"));
    renameSync(join(rig.root, "a.md"), join(rig.root, "deep/b.md"));
    expect(await index(rig, id)).toMatchObject({ renamed: 1, added: 0, removed: 0 });
    const [after] = listDocuments(rig.db, { owner: "local", limit: 9 });
    expect(after).toMatchObject({ id: before?.id, path: "deep/b.md" });
    expect(find(rig, "alpha")).toEqual(chunks);
  });

  it("forgets deleted files to the last byte, and shrunk ones as far as they shrank", async () => {
    using rig = ingestRig();
    rig.write("a.md", section("A", "alphasecret"));
    rig.write("b.md", section("B", "beta") + section("C", "gammasecret"));
    const id = addFolder(rig);
    await index(rig, id);
    rmSync(join(rig.root, "a.md"));
    rig.write("b.md", section("B", "beta"));
    expect(await index(rig, id)).toMatchObject({ removed: 1, edited: 1 });
    for (const suffix of ["", "-wal"]) {
      const bytes = readFileSync(`${rig.db.name}${suffix}`).toString("latin1");
      expect(bytes).not.toContain("alphasecret");
      expect(bytes).not.toContain("gammasecret");
    }
    expect(checkIntegrityOfIndex(rig.db)).toEqual(sound);
  });

  it("heeds ignore files at every level, globs, hidden names and tool folders", async () => {
    using rig = ingestRig();
    for (const path of [
      "keep.md",
      "out.md",
      "x/out.md",
      "x/draft.md",
      "x/keep.md",
      "y/note.txt",
      "node_modules/p/a.md",
      ".git/a.md",
      ".hidden.md",
    ])
      rig.write(path, path);
    rig.write(".gitignore", "out.md\n");
    rig.write("x/.benchaiignore", "!out.md\ndraft.md\n");
    const id = addFolder(rig, "", { exclude: ["y/**"] });
    await index(rig, id);
    expect(paths(rig)).toEqual(["keep.md", "x/keep.md", "x/out.md"]);
    rig.write("keep.txt", "no markdown");
    const only = addFolder(rig, "", { include: ["*.txt"] });
    await index(rig, only);
    expect(only).toBe(id);
    expect(paths(rig)).toEqual(["keep.txt", "y/note.txt"]);
  });

  it("D1: follows no link: not to a file, not out of the folder, not in a loop", async () => {
    using rig = ingestRig();
    rig.write("in/a.md", "alpha");
    rig.write("secret.md", "secret");
    symlinkSync("..", join(rig.root, "in/loop"));
    symlinkSync("../secret.md", join(rig.root, "in/link.md"));
    const id = addFolder(rig, "in");
    await index(rig, id);
    expect(paths(rig)).toEqual(["a.md"]);
    symlinkSync("in", join(rig.root, "alias"));
    await expect(index(rig, addFolder(rig, "alias"))).rejects.toThrow("cannot be looked at");
  });

  it("lists a file that is too large or cannot be read, without reading it again", async () => {
    using rig = ingestRig(1_000);
    rig.write("large.md", "x".repeat(1_001));
    rig.write("binary.md", Buffer.from([0, 1, 2, 0, 255, 254, 0]));
    rig.write("fine.md", "fine");
    const id = addFolder(rig);
    expect(await index(rig, id)).toMatchObject({ added: 3, unreadable: 2 });
    const problems = listDocuments(rig.db, { owner: "local", limit: 9 }).map((d) => [
      d.path,
      d.problem,
      d.chunks,
    ]);
    expect(Object.fromEntries(problems.map(([path, problem]) => [path, problem]))).toMatchObject({
      "large.md": expect.stringContaining("too large"),
      "binary.md": expect.any(String),
    });
    await settle();
    await index(rig, id);
    await index(rig, id);
    expect(rig.parsed).toEqual([]);
  });

  it("takes names as they are, and leaves out with a note those that cannot be cited", async () => {
    using rig = ingestRig();
    rig.write("Käse und 奶酪 #1.md", "alpha");
    rig.write("line\nfeed.md", "beta");
    const folder = Buffer.from(`${rig.root}/`);
    writeFileSync(Buffer.concat([folder, Buffer.from([0xff, 0x2e, 0x6d, 0x64])]), "gamma");
    const result = await index(rig, addFolder(rig));
    expect(paths(rig)).toEqual(["Käse und 奶酪 #1.md"]);
    expect(result.notes).toHaveLength(2);
  });

  it("keeps what it has when the folder is away, or looks like a mount that is", async () => {
    using rig = ingestRig();
    rig.write("vault/a.md", "alpha");
    const id = addFolder(rig, "vault");
    await index(rig, id);
    renameSync(join(rig.root, "vault"), join(rig.root, "elsewhere"));
    await expect(index(rig, id)).rejects.toMatchObject({ code: "storage_unavailable" });
    mkdirSync(join(rig.root, "vault"));
    await expect(index(rig, id)).rejects.toThrow("looks like a mount that is away");
    expect(paths(rig)).toEqual(["a.md"]);
    expect(listSources(rig.db, { owner: "local" })[0]?.problem).toContain("is empty");
    rmSync(join(rig.root, "vault"), { recursive: true });
    renameSync(join(rig.root, "elsewhere"), join(rig.root, "vault"));
    expect(await index(rig, id)).toMatchObject({ removed: 0 });
    expect(listSources(rig.db, { owner: "local" })[0]?.problem).toBeUndefined();
  });

  it("does not bring back a document that its owner deleted", async () => {
    using rig = ingestRig();
    rig.write("a.md", "alpha");
    rig.write("b.md", "beta");
    const id = addFolder(rig);
    await index(rig, id);
    const [document] = listDocuments(rig.db, { owner: "local", path: "a.md", limit: 1 });
    const { removedChunkIds } = deleteDocument(rig.db, { owner: "local", id: document?.id ?? "" });
    expect(removedChunkIds).toHaveLength(1);
    await index(rig, id);
    expect(paths(rig)).toEqual(["b.md"]);
  });

  it("ends between two documents when it is cancelled, and goes on from there", async () => {
    using rig = ingestRig();
    // Some megabytes: a transaction takes one at most.
    for (let i = 0; i < 600; i += 1) rig.write(`n${i}.md`, `note ${i} ${"tea ".repeat(1_500)}`);
    const id = addFolder(rig);
    const stop = new AbortController();
    const first = control(stop.signal);
    const cut = rig.ingest.indexFolder(id, {
      signal: stop.signal,
      report: (p) => {
        first.report(p);
        if (p.done >= 300) stop.abort();
      },
    });
    await expect(cut).rejects.toThrow("aborted");
    const committed = paths(rig).length;
    expect(committed).toBeGreaterThan(0);
    expect(committed).toBeLessThan(600);
    rig.parsed.length = 0;
    const second = control();
    await rig.ingest.indexFolder(id, second);
    expect(rig.parsed).toHaveLength(600 - committed);
    const steps = second.reports.map((r) => r.done);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(second.reports.at(-1)).toEqual({ done: 600, total: 600 });
  });

  it("indexes a source once at a time", async () => {
    using rig = ingestRig();
    for (let i = 0; i < 50; i += 1) rig.write(`n${i}.md`, `note ${i}`);
    const id = addFolder(rig);
    rig.parsed.length = 0;
    const runs = await Promise.all([1, 2, 3].map(() => rig.ingest.indexFolder(id, control())));
    expect(runs.map((r) => r.result.added)).toEqual([50, 0, 0]);
  });

  it("D3: takes a crash of the parser for the document's problem", async () => {
    using rig = ingestRig();
    rig.write("a.md", "alpha");
    rig.write("b.md", "beta");
    const { parse } = rig.ports;
    Object.assign(rig.ports, {
      parse: async (input: Parameters<typeof parse>[0]) => {
        if (input.path === "a.md") throw new AppError("document_unreadable", "the parser died");
        return parse(input);
      },
    });
    expect(await index(rig, addFolder(rig))).toMatchObject({ added: 2, unreadable: 1 });
    expect(find(rig, "beta")).toHaveLength(1);
  });

  it("gives a document's text back on the lines that its citations name", async () => {
    using rig = ingestRig();
    const text = "first line\n\n\nsecond paragraph\nof two lines\n\n# Heading\n\nlast";
    rig.write("a.txt", text);
    await index(rig, addFolder(rig));
    const [document] = listDocuments(rig.db, { owner: "local", limit: 1 });
    expect(textOfDocument(rig.db, { owner: "local", id: document?.id ?? "" }).text).toBe(text);
  });
});

/** What was written within the last 50 ms is read twice on purpose. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 60));
}
