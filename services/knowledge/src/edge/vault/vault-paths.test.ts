import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { filesBelow, vaultFolder, type VaultFolder } from "../../../test/support/vault-folder.ts";
import { absent, any, pathsOf, property, refusal } from "../../../test/support/vault-rig.ts";

/** A vault beside a folder with a secret that links lead to. */
function besideSecret(): VaultFolder & { readonly outside: string } {
  const outside = temporaryFolder();
  writeFileSync(join(outside, "secret.md"), "secret");
  const at = vaultFolder();
  at.write("a.md", "[[x]]");
  return { ...at, outside };
}

/** All that can be asked for at a path. */
function* uses({ vault }: VaultFolder, path: string): Generator<Promise<unknown>> {
  yield vault.read(path);
  yield vault.put(path, "x", absent);
  yield vault.append(path, "x");
  yield vault.patch(path, property("append", "tags", "x"), any);
  yield vault.remove(path, any);
  yield vault.rename(path, "moved.md", [], any);
  yield vault.rename("a.md", path, [], any);
}

describe("S62: a link out of the vault", () => {
  test.each(["link.md", "folder/secret.md", "folder/new.md", "deep/folder/new.md", "gone.md", "inside.md"])(
    "%s is neither read nor written through",
    async (path) => {
      const at = besideSecret();
      symlinkSync(join(at.outside, "secret.md"), join(at.root, "link.md"));
      symlinkSync(at.outside, join(at.root, "folder"));
      mkdirSync(join(at.root, "deep"));
      symlinkSync(at.outside, join(at.root, "deep/folder"));
      symlinkSync(join(at.outside, "none.md"), join(at.root, "gone.md"));
      symlinkSync("a.md", join(at.root, "inside.md"));
      const before = at.files();
      for (const work of uses(at, path)) {
        const error = await refusal(work);
        expect(error.code, error.message).toBe("invalid_request");
        expect(error.message).not.toContain("secret text");
      }
      expect(at.files()).toEqual(before);
      expect(filesBelow(at.outside)).toEqual(["secret.md"]);
      expect(readFileSync(join(at.outside, "secret.md"), "utf8")).toBe("secret");
      expect(await pathsOf(at.vault)).toEqual(["a.md"]);
    },
  );

  test("for a trash is not thrown into", async () => {
    const at = besideSecret();
    symlinkSync(at.outside, join(at.root, ".trash"));
    expect((await refusal(at.vault.remove("a.md", any))).code).toBe("invalid_request");
    expect(at.text("a.md")).toBe("[[x]]");
    expect(filesBelow(at.outside)).toEqual(["secret.md"]);
  });

  test("as a referrer is not rewritten", async () => {
    const at = besideSecret();
    writeFileSync(join(at.outside, "secret.md"), "[[a]]");
    symlinkSync(join(at.outside, "secret.md"), join(at.root, "link.md"));
    expect((await refusal(at.vault.rename("a.md", "b.md", ["link.md"], any))).code).toBe("invalid_request");
    expect(readFileSync(join(at.outside, "secret.md"), "utf8")).toBe("[[a]]");
    expect(at.text("a.md")).toBe("[[x]]");
  });

  test("that takes the folder's place between the look and the write is seen", async () => {
    const outside = temporaryFolder();
    writeFileSync(join(outside, "n.md"), "text");
    const at = vaultFolder(
      {},
      {
        beforeReplace: async () => {
          renameSync(join(at.root, "f"), join(at.root, "was"));
          symlinkSync(outside, join(at.root, "f"));
        },
      },
    );
    at.write("f/n.md", "text");
    expect((await refusal(at.vault.append("f/n.md", "x"))).code).toBe("invalid_request");
    expect(filesBelow(outside)).toEqual(["n.md"]);
    expect(readFileSync(join(outside, "n.md"), "utf8")).toBe("text");
    expect(at.text("was/n.md")).toBe("text");
  });

  test("that takes the note's place between the look and the write is not followed", async () => {
    const outside = temporaryFolder();
    writeFileSync(join(outside, "n.md"), "text");
    const at = vaultFolder(
      {},
      {
        beforeReplace: async () => {
          renameSync(join(at.root, "n.md"), join(at.root, "was.md"));
          symlinkSync(join(outside, "n.md"), join(at.root, "n.md"));
        },
      },
    );
    at.write("n.md", "text");
    expect((await refusal(at.vault.append("n.md", "x"))).code).toBe("invalid_request");
    expect(readFileSync(join(outside, "n.md"), "utf8")).toBe("text");
    expect(at.text("was.md")).toBe("text");
  });
});

test("the vault itself may be reached by a link", async () => {
  const real = temporaryFolder();
  const link = join(temporaryFolder(), "vault");
  symlinkSync(real, link);
  const at = vaultFolder({ root: link });
  await at.vault.append("f/a.md", "text");
  expect(readFileSync(join(real, "f/a.md"), "utf8")).toBe("text");
});

test("a note with another name outside is written without harm to that", async () => {
  const at = besideSecret();
  linkSync(join(at.outside, "secret.md"), join(at.root, "hard.md"));
  await at.vault.append("hard.md", "more");
  expect(readFileSync(join(at.outside, "secret.md"), "utf8")).toBe("secret");
});

test("pipes and folders are neither waited for nor written", async () => {
  const at = besideSecret();
  execFileSync("mkfifo", [join(at.root, "pipe.md")]);
  mkdirSync(join(at.root, "folder.md"));
  at.write("file/x.md", "x");
  for (const path of ["pipe.md", "folder.md", "a.md/b.md"]) {
    for (const work of uses(at, path)) expect((await refusal(work)).code).toBe("invalid_request");
  }
  expect(await pathsOf(at.vault)).toEqual(["a.md", "file/x.md"]);
});

test("names that the disk has in another Unicode form are found, and kept", async () => {
  const at = vaultFolder();
  at.write("Cafe\u0301/nai\u0308ve.md", "one");
  expect(await pathsOf(at.vault)).toEqual(["Caf\u00e9/na\u00efve.md"]);
  await at.vault.append("Caf\u00e9/na\u00efve.md", "two");
  await at.vault.append("Caf\u00e9/new\u0301.md", "new");
  expect(at.text("Cafe\u0301/nai\u0308ve.md")).toBe("one\ntwo");
  expect(at.files()).toEqual(
    ["Cafe\u0301/nai\u0308ve.md", `Cafe\u0301/${"new\u0301".normalize("NFC")}.md`].toSorted(),
  );
  expect((await refusal(at.vault.put("CAF\u00c9/x.md", "x", absent))).code).toBe("conflict");
});

test("what the disk has in two cases is told apart", async () => {
  const at = vaultFolder();
  at.write("note.md", "lower");
  at.write("Note.md", "upper");
  await at.vault.append("Note.md", "more");
  expect([at.text("note.md"), at.text("Note.md")]).toEqual(["lower", "upper\nmore"]);
  expect((await refusal(at.vault.put("NOTE.md", "x", absent))).message).toMatch(/"[Nn]ote\.md"/u);
});
