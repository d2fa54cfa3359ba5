import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/folder.ts";
import { readFiles } from "./read-files.ts";

let root: string;
const read = (...paths: readonly string[]) => readFiles({ root, paths, maxFileBytes: 1_000 });

beforeEach(() => {
  root = join(temporaryFolder(), "documents");
  mkdirSync(join(root, "notes"), { recursive: true });
  writeFileSync(join(root, "notes/tea.md"), "# Tea");
});

describe("files of a folder", () => {
  it("are read in the order asked for, with their hashes and stamps", () => {
    writeFileSync(join(root, "empty.md"), "");
    const [empty, tea] = read("empty.md", "notes/tea.md");
    expect(tea).toMatchObject({
      bytes: Buffer.from("# Tea"),
      sha256: createHash("sha256").update("# Tea").digest("hex"),
      stamp: { sizeBytes: 5, inode: expect.stringMatching(/^\d+$/u) },
    });
    expect(empty).toMatchObject({ bytes: Buffer.from(""), stamp: { sizeBytes: 0 } });
  });

  it.each([
    ["is gone", () => rmSync(join(root, "notes/tea.md"))],
    ["is gone with its folder", () => rmSync(join(root, "notes"), { recursive: true })],
    ["has grown too large", () => writeFileSync(join(root, "notes/tea.md"), "x".repeat(1_001))],
    [
      "has become a link",
      () => {
        rmSync(join(root, "notes/tea.md"));
        symlinkSync("/etc/passwd", join(root, "notes/tea.md"));
      },
    ],
    [
      "lies in what has become a link",
      () => {
        renameSync(join(root, "notes"), join(root, "../elsewhere"));
        symlinkSync(join(root, "../elsewhere"), join(root, "notes"));
      },
    ],
    [
      "has become a folder",
      () => {
        rmSync(join(root, "notes/tea.md"));
        mkdirSync(join(root, "notes/tea.md"));
      },
    ],
    [
      "has become a pipe, which nobody writes to",
      () => {
        rmSync(join(root, "notes/tea.md"));
        expect(spawnSync("mkfifo", [join(root, "notes/tea.md")]).status).toBe(0);
      },
    ],
  ])("one that %s is left out, and the others are read", (_what, happens) => {
    writeFileSync(join(root, "other.md"), "other");
    happens();
    expect(read("notes/tea.md", "other.md")).toMatchObject([undefined, { bytes: Buffer.from("other") }]);
  });

  it("are not there when the root is away, and that is said", () => {
    renameSync(root, `${root}-away`);
    expect(() => read("notes/tea.md")).toThrow(/cannot be looked at \(ENOENT\)/u);
  });

  it("that lie outside are refused", () => {
    writeFileSync(join(root, "../secret.md"), "secret");
    expect(read("../secret.md")).toMatchObject([{ problem: expect.stringMatching(/no path inside/u) }]);
  });
});
