import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

import type { Note } from "../../src/core/vault/note.ts";
import { parseNote } from "../../src/core/vault/parse-note.ts";
import { VaultNames } from "../../src/core/vault/vault-names.ts";
import { isHiddenPath, isVaultNote } from "../../src/core/vault/vault-paths.ts";

/** A made-up person's vault; `../vault-expected.json` says where each of its links leads in Obsidian. */
const fixtureVaultFolder = join(import.meta.dirname, "..", "vault");

export type FixtureNote = { readonly path: string; readonly text: string; readonly note: Note };

/** The fixture vault as it is read: the files that Obsidian shows, and the notes among them. */
export function readFixtureVault(): {
  readonly paths: readonly string[];
  readonly names: VaultNames;
  readonly notes: ReadonlyMap<string, FixtureNote>;
} {
  const paths = fixturePaths().filter((path) => !isHiddenPath(path));
  const notes = paths.filter(isVaultNote).map((path) => {
    const text = readFixtureFile(path);
    return { path, text, note: parseNote(text) };
  });
  return { paths, names: new VaultNames(paths), notes: new Map(notes.map((note) => [note.path, note])) };
}

export function readFixtureFile(path: string): string {
  return readFileSync(join(fixtureVaultFolder, path), "utf8");
}

/** All files, hidden ones too, relative to the vault, in NFC. */
export function fixturePaths(): string[] {
  const files = readdirSync(fixtureVaultFolder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files
    .map(({ parentPath, name }) => relative(fixtureVaultFolder, join(parentPath, name)).split(sep).join("/"))
    .map((path) => path.normalize("NFC"))
    .toSorted();
}
