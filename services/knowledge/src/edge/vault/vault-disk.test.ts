import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { filesBelow, vaultFolder } from "../../../test/support/vault-folder.ts";
import { absent, any, refusal } from "../../../test/support/vault-rig.ts";

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

/** What the program below was told of each change, and the vault's files before and after. */
type Told = {
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly read: string;
};

/** Tries all changes on a vault that has `a.md` and `b.md`, each with a text too large for a full disk. */
const tryAll = (root: string, stateDir: string, size: number): string => `
  import { readFileSync } from "node:fs";
  import { filesBelow } from "${join(import.meta.dirname, "../../../test/support/vault-folder.ts")}";
  import { FolderVault } from "${import.meta.dirname}/folder-vault.ts";
  const root = ${JSON.stringify(root)};
  const vault = new FolderVault({ root, stateDir: ${JSON.stringify(stateDir)}, isWritable: true, maxNoteBytes: 1e9 });
  const state = () => filesBelow(root).map((path) => path + " " + readFileSync(root + "/" + path, "utf8").slice(0, 99));
  const any = { kind: "any" };
  const before = state();
  const text = "x".repeat(${size});
  const errors = [];
  for (const work of [
    () => vault.put("new/deep/n.md", text, { kind: "absent" }),
    () => vault.append("a.md", text),
    () => vault.patch("a.md", { target: { kind: "heading", path: ["H"] }, operation: "append", content: text }, any),
    ...(${size} > 99 ? [] : [() => vault.remove("a.md", any), () => vault.rename("a.md", "f/c.md", ["b.md"], any)]),
  ]) {
    try {
      errors.push({ code: "none", message: JSON.stringify(await work()) });
    } catch ({ code, message }) {
      errors.push({ code, message });
    }
  }
  const { text: read } = await vault.read("a.md");
  console.log(JSON.stringify({ errors, before, after: state(), read }));`;

function tell(command: string, args: readonly string[], options: object = {}): Told {
  const run = spawnSync(command, args, { encoding: "utf8", timeout: 20_000, ...options });
  expect(run.stdout, run.stderr).toMatch(/^\{.*\}\n$/u);
  return JSON.parse(run.stdout) as Told;
}

function inMount(script: string, program: string, ...args: readonly string[]): Told {
  return tell("unshare", [
    "-m",
    "sh",
    "-c",
    `${script} && exec "$0" --input-type=module --eval "$1"`,
    process.execPath,
    program,
    ...args,
  ]);
}

function expectUnchanged({ errors, before, after, read }: Told, code: string, message: RegExp): void {
  expect(errors.map((error) => error.code)).toEqual(errors.map(() => code));
  for (const error of errors) expect(error.message).toMatch(message);
  expect(after).toEqual(before);
  expect(read).toBe("# H\ntext\n");
}

function seededFolder(): string {
  const root = temporaryFolder();
  writeFileSync(join(root, "a.md"), "# H\ntext\n");
  writeFileSync(join(root, "b.md"), "[[a]]\n");
  return root;
}

describe("a disk that fails leaves all as it was, and nothing staged", () => {
  test.runIf(canMount)("full: storage_full", () => {
    const root = join(temporaryFolder(), "disk");
    mkdirSync(root);
    const script = `mount -t tmpfs -o size=1m none "$2" && cp "$3"/* "$2"`;
    const told = inMount(script, tryAll(root, temporaryFolder(), 2_000_000), root, seededFolder());
    expectUnchanged(told, "storage_full", /full; nothing was changed\. Free some space/u);
  });

  test.runIf(canMount)("mounted read-only: vault_read_only, with the way out", () => {
    const root = seededFolder();
    const script = `mount --bind "$2" "$2" && mount -o remount,ro,bind "$2"`;
    const told = inMount(script, tryAll(root, temporaryFolder(), 1), root);
    expectUnchanged(
      told,
      "vault_read_only",
      /read-only; nothing was changed\. Set OBSIDIAN_ACCESS=rw in \.env/u,
    );
  });

  test.runIf(canMount)("a folder on another disk: what would go there is refused", () => {
    const root = seededFolder();
    mkdirSync(join(root, "f"));
    mkdirSync(join(root, ".trash"));
    const script = `mount -t tmpfs none "$2/f" && mount -t tmpfs none "$2/.trash"`;
    const { errors, after, before } = inMount(script, tryAll(root, temporaryFolder(), 1), root);
    for (const { code, message } of errors.slice(-2)) {
      expect(code).toBe("storage_unavailable");
      expect(message).toMatch(/different disks, so nothing was moved/u);
    }
    // The first three changes went well.
    expect(after.filter((line) => line.startsWith("b.md"))).toEqual(
      before.filter((line) => line.startsWith("b.md")),
    );
    expect(after.filter((line) => line.includes(".~"))).toEqual([]);
    expect(after).toHaveLength(3);
  });

  test.runIf(isRoot)(
    "whose folder is somebody else's: storage_unavailable, with whom to give the rights to",
    () => {
      const root = seededFolder();
      chmodSync(root, 0o555);
      const stateDir = temporaryFolder();
      chownSync(stateDir, 1000, 1000);
      const program = tryAll(root, stateDir, 1);
      const told = tell(process.execPath, ["--input-type=module", "--eval", program], {
        uid: 1000,
        gid: 1000,
      });
      expectUnchanged(told, "storage_unavailable", /rights forbid that to user 1000.*nothing was changed/u);
    },
  );

  test.runIf(isRoot)("a note that may not be read: storage_unavailable", () => {
    const root = seededFolder();
    chmodSync(root, 0o755);
    writeFileSync(join(root, "c.md"), "secret");
    chmodSync(join(root, "c.md"), 0o600);
    const program = `
      import { FolderVault } from "${import.meta.dirname}/folder-vault.ts";
      const vault = new FolderVault({ root: ${JSON.stringify(root)}, stateDir: "/tmp", isWritable: false, maxNoteBytes: 99 });
      const told = await vault.read("c.md").catch(({ code, message }) => ({ code, message }));
      console.log(JSON.stringify({ errors: [told], before: [], after: [], read: (await vault.read("a.md")).text }));`;
    const told = tell(process.execPath, ["--input-type=module", "--eval", program], { uid: 1000, gid: 1000 });
    expectUnchanged(told, "storage_unavailable", /rights forbid/u);
  });
});

describe("S62: a vault that is away", () => {
  test("says so to whoever asks, and is back when it is back", async () => {
    const folder = temporaryFolder();
    const at = vaultFolder({ root: join(folder, "vault") });
    const { vault } = at;
    const calls = [
      () => vault.check(),
      () => vault.list(new AbortController().signal),
      () => vault.read("a.md"),
      () => vault.put("a.md", "x", absent),
      () => vault.append("a.md", "x"),
      () => vault.remove("a.md", any),
      () => vault.rename("a.md", "b.md", [], any),
      () => vault.recover(),
    ];
    for (const call of calls) {
      const error = await refusal(call());
      expect(error.code).toBe("storage_unavailable");
      expect(error.message).toContain(join(folder, "vault"));
    }
    writeFileSync(join(folder, "vault"), "no folder");
    expect((await refusal(vault.check())).code).toBe("storage_unavailable");
    rmSync(join(folder, "vault"));
    mkdirSync(join(folder, "vault"));
    await vault.check();
    await vault.append("a.md", "x");
    renameSync(join(folder, "vault"), join(folder, "gone"));
    expect((await refusal(vault.append("a.md", "y"))).code).toBe("storage_unavailable");
    expect(filesBelow(folder)).toEqual(["gone/a.md"]);
  });
});

test("a state folder that cannot be written stops a rename before anything is changed", async () => {
  const at = vaultFolder({ root: seededFolder(), stateDir: join(temporaryFolder(), "file/state") });
  writeFileSync(join(at.stateDir, ".."), "no folder");
  expect((await refusal(at.vault.rename("a.md", "f/c.md", ["b.md"], any))).code).toBe("storage_unavailable");
  expect(at.files()).toEqual(["a.md", "b.md"]);
  expect([at.text("a.md"), at.text("b.md")]).toEqual(["# H\ntext\n", "[[a]]\n"]);
  // Other changes do without it.
  await at.vault.append("a.md", "more");
  expect(at.text("a.md")).toBe("# H\ntext\nmore\n");
});
