import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { FolderVault, type FolderVaultOptions } from "../../src/edge/vault/folder-vault.ts";
import type { Moments } from "../../src/edge/vault/note-file.ts";
import { temporaryFolder } from "../folder.ts";
import type { OpenVault } from "./vault-rig.ts";

const pastS = Date.now() / 1_000 - 60;

/** A vault in a folder of the test's own. */
export type VaultFolder = OpenVault & {
  readonly vault: FolderVault;
  readonly root: string;
  readonly stateDir: string;
  /** Another program's write, at once, and as if it had been a minute ago. */
  write(path: string, text: string): void;
  text(path: string): string;
  /** Every file below the root, hidden ones too, sorted. */
  files(): string[];
};

export function vaultFolder(options: Partial<FolderVaultOptions> = {}, moments?: Moments): VaultFolder {
  const root = options.root ?? temporaryFolder();
  const stateDir = options.stateDir ?? temporaryFolder();
  const vault = new FolderVault(
    { isWritable: true, maxNoteBytes: 16_777_216, ...options, root, stateDir },
    moments,
  );
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    // Long enough ago not to be taken for the half of a write.
    utimesSync(join(root, path), pastS, pastS);
  };
  const text = (path: string) => readFileSync(join(root, path), "utf8");
  return {
    vault,
    root,
    stateDir,
    write,
    text,
    files: () => filesBelow(root),
    seed: async (files) => {
      for (const [path, content] of Object.entries(files)) write(path, content);
    },
    readRaw: async (path) => (existsSync(join(root, path)) ? text(path) : undefined),
    close: () => vault.close(),
  };
}

/** Every file below a folder, hidden ones too, by its path from there, sorted. */
export function filesBelow(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => relative(root, join(entry.parentPath, entry.name))).toSorted();
}
