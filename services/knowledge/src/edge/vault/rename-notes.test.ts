import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { vaultFolder, type VaultFolder } from "../../../test/support/vault-folder.ts";
import { any, matchOf, refusal } from "../../../test/support/vault-rig.ts";

const referrers = Array.from({ length: 20 }, (_, i) => `r${i}.md`);
const before = Object.fromEntries(referrers.map((path) => [path, `see [[Old]] of ${path}\n`]));
const after = Object.fromEntries(referrers.map((path) => [path, `see [[New]] of ${path}\n`]));

function textsOf(at: VaultFolder): Record<string, string> {
  return Object.fromEntries(
    at
      .files()
      .filter((path) => path.startsWith("r"))
      .map((path) => [path, at.text(path)]),
  );
}

async function seeded(at: VaultFolder): Promise<VaultFolder> {
  await at.seed({ "Old.md": "text", ...before });
  return at;
}

test("a referrer that changes while the texts are made has the rename made anew", async () => {
  let round = 0;
  const at = await seeded(
    vaultFolder(
      {},
      {
        beforeRename: async () => {
          round += 1;
          if (round === 1) at.write("r3.md", "[[Old]] theirs");
          if (round === 2) rmSync(join(at.root, "r4.md"));
        },
      },
    ),
  );
  const renamed = await at.vault.rename("Old.md", "f/New.md", referrers, any);
  const { "r4.md": _, ...rest } = after;
  expect(textsOf(at)).toEqual({ ...rest, "r3.md": "[[New]] theirs" });
  expect(renamed.updated).toHaveLength(19);
  expect(at.files()).toEqual([...Object.keys(rest), "f/New.md"].toSorted());
  expect(readdirSync(at.stateDir)).toEqual([]);
});

test("referrers that go on changing end it with nothing changed", async () => {
  let round = 0;
  const at = await seeded(
    vaultFolder({}, { beforeRename: async () => at.write("r3.md", `[[Old]] ${(round += 1)}`) }),
  );
  expect(await refusal(at.vault.rename("Old.md", "f/New.md", referrers, any))).toMatchObject({
    code: "note_changed",
  });
  expect(textsOf(at)).toEqual({ ...before, "r3.md": `[[Old]] ${round}` });
  expect(existsSync(join(at.root, "f"))).toBe(false);
  expect(at.text("Old.md")).toBe("text");
});

test("the moved note changing meanwhile is seen: its new text moves, or the rename is refused", async () => {
  let text = "theirs";
  const at = await seeded(vaultFolder({}, { beforeRename: async () => at.write("Old.md", text) }));
  const condition = await matchOf(at.vault, "Old.md");
  expect((await refusal(at.vault.rename("Old.md", "New.md", referrers, condition))).code).toBe(
    "note_changed",
  );
  expect(textsOf(at)).toEqual(before);
  text = "newer [[r1]]";
  await at.vault.rename("Old.md", "New.md", referrers, any);
  expect(at.text("New.md")).toBe("newer [[r1]]");
  expect(textsOf(at)).toEqual(after);
});

test("a new name that somebody takes at the last moment is theirs, and nothing is changed", async () => {
  const at = await seeded(vaultFolder({}, { beforeRename: async () => at.write("New.md", "theirs") }));
  expect((await refusal(at.vault.rename("Old.md", "New.md", referrers, any))).code).toBe("conflict");
  expect(textsOf(at)).toEqual(before);
  expect([at.text("New.md"), at.text("Old.md")]).toEqual(["theirs", "text"]);
  expect(at.files()).toEqual([...referrers, "New.md", "Old.md"].toSorted());
  expect(readdirSync(at.stateDir)).toEqual([]);
});

test("a referrer that cannot be read ends it with nothing changed", async () => {
  const at = await seeded(vaultFolder());
  writeFileSync(join(at.root, "r19.md"), Buffer.from([0xff, 0xfe, 0xff]));
  const error = await refusal(at.vault.rename("Old.md", "f/New.md", referrers, any));
  expect(error).toMatchObject({ code: "document_unreadable" });
  expect(error.message).toContain("r19.md");
  expect(at.files()).toEqual([...referrers, "Old.md"].toSorted());
  expect({ ...textsOf(at), "r19.md": "" }).toEqual({ ...before, "r19.md": "" });
});

test("a name that links to it could not say ends it with nothing changed, and names such a link", async () => {
  const at = await seeded(vaultFolder());
  await at.seed({ "C#/x.md": "", "New.md": "another" });
  const error = await refusal(at.vault.rename("Old.md", "C#/New.md", referrers, any));
  expect(error).toMatchObject({ code: "invalid_request", param: "to" });
  expect(error.message).toContain("[[Old]]");
  expect(textsOf(at)).toEqual(before);
  expect(at.files()).toEqual([...referrers, "C#/x.md", "New.md", "Old.md"].toSorted());
});

test("a canvas that shows the note shows it afterwards", async () => {
  const canvas =
    '{\n\t"nodes":[\n\t\t{"id":"1","type":"file","file":"Old.md","x":0,"y":0,"width":1,"height":1}\n\t],\n\t"edges":[]\n}';
  const at = await seeded(vaultFolder());
  at.write("c.canvas", canvas);
  expect((await at.vault.rename("Old.md", "f/New.md", ["c.canvas"], any)).updated).toEqual(["c.canvas"]);
  expect(at.text("c.canvas")).toBe(canvas.replace("Old.md", "f/New.md"));
});

test("renames, appends and puts at once of the same notes lose nothing and end", async () => {
  const at = await seeded(vaultFolder());
  const chain = ["A.md", "B.md", "C.md"];
  await Promise.all([
    ...chain.map((to, i) => at.vault.rename(i === 0 ? "Old.md" : (chain[i - 1] ?? ""), to, referrers, any)),
    ...referrers.flatMap((path) => [at.vault.append(path, "- one"), at.vault.append(path, "- two")]),
  ]);
  for (const path of referrers) {
    const [first, ...rest] = at.text(path).trimEnd().split("\n");
    expect(first).toBe(`see [[C]] of ${path}`);
    expect(rest.toSorted()).toEqual(["- one", "- two"]);
  }
});

/** A rename that is decided and staged, as a killed process leaves it: all of its links, and `done` of them in place. */
async function cutShort(done: { readonly isMoved: boolean; readonly steps: number }): Promise<VaultFolder> {
  const at = await seeded(
    vaultFolder(
      { root: temporaryFolder() },
      {
        beforeRename: async () => {
          throw new Error("it ends here");
        },
      },
    ),
  );
  const etags = await Promise.all(referrers.map(async (path) => (await at.vault.read(path)).etag));
  const steps = referrers.map((path, i) => {
    const staged = `.~benchai-${i.toString(16).padStart(32, "0")}.tmp`;
    writeFileSync(join(at.root, staged), after[path] ?? "");
    return { path, file: path, staged, etag: etags[i] };
  });
  for (const { file, staged } of steps.slice(0, done.steps))
    renameSync(join(at.root, staged), join(at.root, file));
  if (done.isMoved) renameSync(join(at.root, "Old.md"), join(at.root, "New.md"));
  const journal = {
    version: 1,
    from: "Old.md",
    to: "New.md",
    fromFile: "Old.md",
    toFile: "New.md",
    inode: "0",
    steps,
  };
  writeFileSync(join(at.stateDir, "vault-rename.json"), JSON.stringify(journal));
  writeFileSync(join(at.stateDir, "vault-rename.json.12.partial"), "half");
  return at;
}

/** The vault as the next process sees it. */
function reopened(at: VaultFolder): VaultFolder {
  return vaultFolder({ root: at.root, stateDir: at.stateDir });
}

function expectDone(at: VaultFolder, texts: Record<string, string> = after): void {
  expect(textsOf(at)).toEqual(texts);
  expect(at.text("New.md")).toBe("text");
  expect(at.files()).toEqual([...Object.keys(texts), "New.md"].toSorted());
  expect(readdirSync(at.stateDir)).toEqual([]);
}

test.each([
  { isMoved: false, steps: 0 },
  { isMoved: true, steps: 0 },
  { isMoved: true, steps: 7 },
  { isMoved: true, steps: 20 },
])("a rename that was cut short is ended by the next process: %j", async (done) => {
  const at = reopened(await cutShort(done));
  await at.vault.recover();
  expectDone(at);
  // Once more does no harm.
  await reopened(at).vault.recover();
  expectDone(at);
});

test("it is ended before the first rename, and by the first change, too", async () => {
  const at = reopened(await cutShort({ isMoved: true, steps: 3 }));
  await at.vault.append("r19.md", "mine");
  expectDone(at, { ...after, "r19.md": `${after["r19.md"]}mine\n` });
  const other = reopened(await cutShort({ isMoved: false, steps: 0 }));
  await other.vault.rename("New.md", "Newer.md", referrers, any);
  expect(other.text("r0.md")).toBe("see [[Newer]] of r0.md\n");
});

test("what somebody wrote after it was cut short is kept, with its links rewritten", async () => {
  const at = reopened(await cutShort({ isMoved: true, steps: 3 }));
  at.write("r1.md", "[[New]] theirs, in a note that was done");
  at.write("r9.md", "[[Old]] theirs, in one that was not");
  rmSync(join(at.root, "r10.md"));
  await at.vault.recover();
  const { "r10.md": _, ...rest } = after;
  expectDone(at, {
    ...rest,
    "r1.md": "[[New]] theirs, in a note that was done",
    "r9.md": "[[New]] theirs, in one that was not",
  });
});

test("a staged text that somebody took away is made anew", async () => {
  const at = reopened(await cutShort({ isMoved: true, steps: 3 }));
  const [, second = ""] = at.files().filter((path) => path.startsWith(".~benchai-"));
  rmSync(join(at.root, second));
  await at.vault.recover();
  expectDone(at);
});

test("a note that was reserved and not yet moved is moved; one of somebody else's is left", async () => {
  const reserved = reopened(await cutShort({ isMoved: false, steps: 0 }));
  writeFileSync(join(reserved.root, "New.md"), "");
  await reserved.vault.recover();
  expectDone(reserved);
  const taken = reopened(await cutShort({ isMoved: false, steps: 0 }));
  taken.write("New.md", "theirs");
  await taken.vault.recover();
  expect(textsOf(taken)).toEqual(before);
  expect([taken.text("New.md"), taken.text("Old.md")]).toEqual(["theirs", "text"]);
  expect(taken.files()).toEqual([...referrers, "New.md", "Old.md"].toSorted());
  expect(readdirSync(taken.stateDir)).toEqual([]);
});

test("a new note with the old name, made after the move, is left", async () => {
  const at = reopened(await cutShort({ isMoved: true, steps: 3 }));
  at.write("Old.md", "a new one");
  await at.vault.recover();
  expect(textsOf(at)).toEqual(after);
  expect([at.text("New.md"), at.text("Old.md")]).toEqual(["text", "a new one"]);
});

test("a journal that cannot be read stops renames and says so, and nothing else", async () => {
  const at = reopened(await cutShort({ isMoved: true, steps: 3 }));
  writeFileSync(join(at.stateDir, "vault-rename.json"), '{"version":2}');
  const staged = at.files().filter((path) => path.startsWith(".~"));
  const error = await refusal(at.vault.rename("New.md", "Newer.md", referrers, any));
  expect(error.code).toBe("storage_unavailable");
  expect(error.message).toMatch(/vault-rename\.json .*moved away/u);
  await at.vault.append("r19.md", "mine");
  expect(at.text("r19.md")).toContain("mine");
  expect(at.files().filter((path) => path.startsWith(".~"))).toEqual(staged);
});

test.each(["../", "/", "f/../../"])(
  "a journal that leads out of the vault (%s) is not followed",
  async (way) => {
    const at = reopened(await cutShort({ isMoved: true, steps: 0 }));
    const outside = temporaryFolder();
    writeFileSync(join(outside, "r5.md"), before["r5.md"] ?? "");
    const path = join(at.stateDir, "vault-rename.json");
    const file = `${way}${way === "/" ? outside.slice(1) : outside.split("/").at(-1)}/r5.md`;
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace('"file":"r5.md"', `"file":${JSON.stringify(file)}`),
    );
    expect((await refusal(at.vault.recover())).code).toBe("storage_unavailable");
    expect(readFileSync(join(outside, "r5.md"), "utf8")).toBe(before["r5.md"]);
  },
);

test("a folder that a link has taken the place of is not renamed into", async () => {
  const outside = temporaryFolder();
  writeFileSync(join(outside, "r5.md"), before["r5.md"] ?? "");
  const at = reopened(await cutShort({ isMoved: true, steps: 0 }));
  symlinkSync(outside, join(at.root, "f"));
  const path = join(at.stateDir, "vault-rename.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"file":"r5.md"', '"file":"f/r5.md"'));
  expect((await refusal(at.vault.recover())).code).toBe("invalid_request");
  expect(readFileSync(join(outside, "r5.md"), "utf8")).toBe(before["r5.md"]);
  // It is ended when the link is gone.
  rmSync(join(at.root, "f"));
  await at.vault.recover();
  expect(at.text("r6.md")).toBe(after["r6.md"]);
  expect(readdirSync(at.stateDir)).toEqual([]);
});
