import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { allFiles, etag, rig, versions, writeBefore, writesOf } from "../../../test/rest-vault-rig.ts";
import type { Fault } from "../../../test/rest-vault-stub.ts";
import { absent, any, pathsOf, refusal } from "../../../test/support/vault-rig.ts";

describe("a whole note on another machine", () => {
  it("is not written over another program's change where the plugin heeds tags", async () => {
    const opened = await rig("6.0.0", { "a.md": "old" });
    writeBefore(opened, "PUT", "a.md", "theirs");
    expect((await refusal(opened.vault.put("a.md", "mine", etag("old")))).code).toBe("note_changed");
    expect(await opened.readRaw("a.md")).toBe("theirs");
    writeBefore(opened, "PUT", "new.md", "theirs");
    expect((await refusal(opened.vault.put("new.md", "mine", absent))).code).toBe("conflict");
    expect(await opened.readRaw("new.md")).toBe("theirs");
  });

  it("is patched again when it changed meanwhile, where the plugin heeds tags", async () => {
    const opened = await rig("6.0.0", { "a.md": "---\nn: 1\n---\n" });
    writeBefore(opened, "PUT", "a.md", "---\nn: 1\ntheirs: 2\n---\n");
    const patch = { target: { kind: "property", key: "n" }, operation: "replace", content: "7" } as const;
    await opened.vault.patch("a.md", patch, any);
    expect(await opened.readRaw("a.md")).toBe("---\nn: 7\ntheirs: 2\n---\n");
  });

  it("that goes on changing is given up on", async () => {
    const opened = await rig("6.0.0", { "a.md": "0" });
    let count = 0;
    opened.stub.before = (name) => {
      if (name.startsWith("PUT")) writeFileSync(join(opened.root, "a.md"), `${(count += 1)}`);
    };
    expect((await refusal(opened.vault.append("a.md", "mine"))).code).toBe("note_changed");
    expect(await opened.readRaw("a.md")).toBe(String(count));
  });

  it.each(versions)("that was not stored as it was sent is not acknowledged (%s)", async (version) => {
    const opened = await rig(version);
    opened.stub.before = (name) => {
      if (name === "GET /vault/a.md" && opened.stub.requests.includes("PUT /vault/a.md"))
        writeFileSync(join(opened.root, "a.md"), "something else");
    };
    const error = await refusal(opened.vault.put("a.md", "mine", absent));
    expect(error).toMatchObject({ code: "note_changed" });
    expect(error.message).toMatch(/was written, and is not what was written any more/u);
  });

  it.each(versions)("is acknowledged when only the answer was lost (%s)", async (version) => {
    const opened = await rig(version);
    opened.stub.faults.push({ kind: "cut-after", on: "PUT", times: 1 });
    expect(await opened.vault.put("a.md", "mine", absent)).toMatchObject({ isNew: true });
    expect(await opened.readRaw("a.md")).toBe("mine");
  });

  it.each<[Fault["kind"], string]>([
    ["cut", "storage_unavailable"],
    ["error", "storage_unavailable"],
    ["hang", "storage_unavailable"],
    ["redirect", "storage_unavailable"],
    ["disk-full", "storage_full"],
    ["forbidden", "invalid_request"],
  ])("is as it was after %s", async (kind, code) => {
    for (const version of versions) {
      const deadline = kind === "hang" ? { deadlineMs: 400 } : {};
      const opened = await rig(version, { "a.md": "old" }, deadline);
      opened.stub.faults.push({ kind, on: "PUT" });
      expect((await refusal(opened.vault.put("a.md", "new", etag("old")))).code).toBe(code);
      expect(await opened.readRaw("a.md")).toBe("old");
    }
  });

  it("says when it is not known whether it was written", async () => {
    const opened = await rig("3.2.0", { "a.md": "old" }, { deadlineMs: 2_000 });
    opened.stub.faults.push({ kind: "cut", on: "PUT" }, { kind: "hang", on: "GET /vault/a.md", after: 1 });
    const error = await refusal(opened.vault.put("a.md", "new", etag("old")));
    expect(error.message).toMatch(/Whether "a\.md" was written before that is not known: read it again/u);
  });

  it("is not read by halves, nor when it is no UTF-8 or too large", async () => {
    const opened = await rig(
      "3.2.0",
      { "a.md": "x".repeat(5_000), "big.md": "x".repeat(2_000) },
      { maxNoteBytes: 1_000 },
    );
    writeFileSync(join(opened.root, "latin1.md"), Buffer.of(0x61, 0xe9));
    expect((await refusal(opened.vault.read("latin1.md"))).code).toBe("document_unreadable");
    expect((await refusal(opened.vault.read("big.md"))).code).toBe("document_unreadable");
    expect((await refusal(opened.vault.put("new.md", "x".repeat(1_001), absent))).code).toBe(
      "body_too_large",
    );
    opened.stub.faults.push({ kind: "half", on: "GET /vault/a.md" });
    expect((await refusal(opened.vault.read("a.md"))).code).toBe("storage_unavailable");
  });

  it.each(["3.2.0", "6.0.0"])("is read though Obsidian does not know its time yet (%s)", async (version) => {
    const opened = await rig(version, { "a.md": "text" });
    opened.stub.plugin.unindexed.add("a.md");
    expect(await opened.vault.read("a.md")).toMatchObject({ text: "text", mtimeMs: 0, sizeBytes: 4 });
  });
});

describe("a vault on another machine", () => {
  it.each(versions)("is listed with sizes and times of its notes by one search (%s)", async (version) => {
    const opened = await rig(version, {
      "a.md": "äb",
      "f/b.md": "",
      "f/g/p.png": "png",
      ".obsidian/x.json": "{}",
    });
    const files = await opened.vault.list(new AbortController().signal);
    const found = Object.fromEntries(files.map(({ path, ...rest }) => [path, rest]));
    expect(Object.keys(found).toSorted()).toEqual(["a.md", "f/b.md", "f/g/p.png"]);
    expect(found["a.md"]?.sizeBytes).toBe(3);
    expect(Math.abs((found["f/b.md"]?.mtimeMs ?? 0) - Date.now())).toBeLessThan(600_000);
    expect(found["f/g/p.png"]).toEqual({ sizeBytes: 0, mtimeMs: 0 });
    expect(opened.stub.requests.toSorted()).toEqual([
      "GET /vault/",
      "GET /vault/f/",
      "GET /vault/f/g/",
      "POST /search/",
    ]);
  });

  it("is listed note by note where the plugin has no such search", async () => {
    const opened = await rig("3.2.0", { "a.md": "a", "f/b.md": "bb" });
    opened.stub.faults.push({ kind: "missing", on: "POST /search/" });
    const files = await opened.vault.list(new AbortController().signal);
    expect(files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
      ["a.md", 1],
      ["f/b.md", 2],
    ]);
  });

  it.each(versions)("is listed when it is empty (%s)", async (version) => {
    expect(await (await rig(version)).vault.list(new AbortController().signal)).toEqual([]);
  });

  it("has names in NFC, and its files are found by them", async () => {
    const opened = await rig("3.2.0", { "Cafe\u0301/Note.md": "text" });
    const [file] = await opened.vault.list(new AbortController().signal);
    expect(file?.path).toBe("Caf\u00e9/Note.md");
    expect((await opened.vault.read("Caf\u00e9/Note.md")).text).toBe("text");
    await opened.vault.append("Caf\u00e9/Note.md", "more");
    expect(await opened.readRaw("Cafe\u0301/Note.md")).toBe("text\nmore");
  });

  it("does not take a section of a note for a file", async () => {
    const opened = await rig("6.0.0", { "a.md": "# A\n## B.md\ntext\n" });
    const path = "a.md/heading/B.md";
    expect((await refusal(opened.vault.read(path))).code).toBe("not_found");
    expect((await refusal(opened.vault.put(path, "x", absent))).code).toBe("invalid_request");
    expect((await refusal(opened.vault.remove(path, any))).code).toBe("not_found");
    expect(allFiles(opened.root)).toEqual({ "a.md": "# A\n## B.md\ntext\n" });
  });

  it("says so when the plugin takes a folder's name for a part of a note", async () => {
    const { vault } = await rig("6.0.0");
    const error = await refusal(vault.put("heading/a.md", "x", absent));
    expect(error.code).toBe("invalid_request");
    expect(error.message).toMatch(/names like heading, block and frontmatter/u);
  });

  it("judges the names of what is made anew, not of the folders that are there", async () => {
    const { vault } = await rig("3.2.0", { "What?/a.md": "text" });
    await vault.put("What?/new/b.md", "text", absent);
    await vault.rename("What?/a.md", "What?/c.md", [], any);
    for (const path of ["What?/d?.md", "Why?/d.md"]) {
      expect((await refusal(vault.put(path, "x", absent))).code).toBe("invalid_request");
      expect((await refusal(vault.rename("What?/c.md", path, [], any))).code).toBe("invalid_request");
    }
    expect(await pathsOf(vault)).toEqual(["What?/c.md", "What?/new/b.md"]);
  });

  it("refuses a file where a folder is needed", async () => {
    const opened = await rig("3.2.0", { "a.md": "text" });
    expect((await refusal(opened.vault.put("a.md/b.md", "x", absent))).code).toBe("invalid_request");
  });

  it("that may only be read is sent nothing", async () => {
    const opened = await rig("3.2.0", { "a.md": "text" }, { isWritable: false });
    const { vault } = opened;
    const patch = { target: { kind: "property", key: "n" }, operation: "replace", content: "7" } as const;
    for (const work of [
      vault.put("b.md", "x", absent),
      vault.append("a.md", "x"),
      vault.patch("a.md", patch, any),
      vault.remove("a.md", any),
      vault.rename("a.md", "b.md", [], any),
    ])
      expect((await refusal(work)).code).toBe("vault_read_only");
    expect(opened.stub.requests).toEqual([]);
    expect((await vault.read("a.md")).text).toBe("text");
  });

  it("says why it cannot be read", async () => {
    const opened = await rig("3.2.0", {}, { apiKey: "wrong-key" });
    expect((await refusal(opened.vault.check())).message).toMatch(
      /refuses the API key; set OBSIDIAN_REST_API_KEY/u,
    );
    await opened.stub.stop();
    const { code, message } = await refusal(opened.vault.check());
    expect([code, message]).toEqual([
      "storage_unavailable",
      expect.stringMatching(/Obsidian must run there/u),
    ]);
  });

  it("lets what has begun end when it is closed, and nothing more begin", async () => {
    const opened = await rig("3.2.0", { "a.md": "text", "b.md": "[[a]]" });
    const closed: Promise<void>[] = [];
    opened.stub.before = () => closed.push(opened.vault.close());
    expect((await opened.vault.rename("a.md", "c.md", ["b.md"], any)).updated).toEqual(["b.md"]);
    await Promise.all(closed);
    expect((await refusal(opened.vault.append("b.md", "x"))).code).toBe("shutting_down");
  });
});

describe("a note that is removed on another machine", () => {
  it.each(versions)("has its copy in the trash before it goes (%s)", async (version) => {
    const opened = await rig(version, { "f/a.md": "text" });
    expect(await opened.vault.remove("f/a.md", etag("text"))).toEqual({ trashPath: ".trash/f/a.md" });
    expect(writesOf(opened)).toEqual(["PUT /vault/.trash/f/a.md", "DELETE /vault/f/a.md"]);
    // Where the plugin has a trash and no tags, its own copy is what keeps a change that came between.
    const copies = Object.keys(allFiles(opened.root)).toSorted();
    expect(copies).toEqual(version === "5.1.0" ? [".trash/a.md", ".trash/f/a.md"] : [".trash/f/a.md"]);
  });

  it.each(versions)("stays when it changes at the last moment (%s)", async (version) => {
    const opened = await rig(version, { "a.md": "text" });
    writeBefore(opened, version === "6.0.0" ? "DELETE" : "GET /vault/.trash/a.md", "a.md", "theirs");
    expect((await refusal(opened.vault.remove("a.md", etag("text")))).code).toBe("note_changed");
    expect(allFiles(opened.root)["a.md"]).toBe("theirs");
  });

  it("goes to a folder that can be seen where the plugin takes no hidden one", async () => {
    const opened = await rig("6.0.0", { "a.md": "text" });
    opened.stub.faults.push({ kind: "forbidden", on: "PUT /vault/.trash/" });
    expect(await opened.vault.remove("a.md", any)).toEqual({ trashPath: "Trash/a.md" });
    opened.stub.faults.push({ kind: "forbidden", on: "PUT /vault/Trash/" });
    await opened.seed({ "b.md": "text" });
    expect((await refusal(opened.vault.remove("b.md", any))).message).toMatch(/so it was not deleted/u);
    expect(await opened.readRaw("b.md")).toBe("text");
  });

  it.each(versions)(
    "stays, and leaves nothing in the trash, when it cannot be deleted (%s)",
    async (version) => {
      const opened = await rig(version, { "a.md": "text" });
      opened.stub.faults.push({ kind: "error", on: "DELETE /vault/a.md" });
      expect((await refusal(opened.vault.remove("a.md", any))).code).toBe("storage_unavailable");
      const files = allFiles(opened.root);
      expect(files["a.md"]).toBe("text");
      expect(existsSync(join(opened.root, ".trash/f/a.md"))).toBe(false);
    },
  );

  it.each(versions)("is removed when only the answer was lost (%s)", async (version) => {
    const opened = await rig(version, { "a.md": "text" });
    opened.stub.faults.push({ kind: "cut-after", on: "DELETE", times: 1 });
    expect(await opened.vault.remove("a.md", any)).toEqual({ trashPath: ".trash/a.md" });
    expect(allFiles(opened.root)["a.md"]).toBeUndefined();
  });
});
