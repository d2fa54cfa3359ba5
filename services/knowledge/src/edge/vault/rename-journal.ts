import { mkdirSync, readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";

import { writeDurably } from "../store/durable.ts";
import { guard, guardAsync } from "../store/guarded.ts";
import { hasCode, syncFolder } from "./disk.ts";

/** A file below the vault: absolute paths and `..` are none. */
const Inside = Type.String({ pattern: "^(?!/)(?!(?:.*/)?\\.\\.(?:/|$)).+$" });

/** A note whose links are rewritten. `file` and `staged` are relative to the vault, as the disk spells them. */
const RenameStep = Type.Object({
  path: Type.String(),
  file: Inside,
  staged: Inside,
  /** Of the note's bytes that the staged ones were made from. */
  etag: Type.String(),
});
export type RenameStep = Static<typeof RenameStep>;

/** A rename that is decided: from when this is on the disk, it is done to its end. */
const RenameJournal = Type.Object({
  version: Type.Literal(1),
  from: Type.String(),
  to: Type.String(),
  fromFile: Inside,
  toFile: Inside,
  /** Of the file that moves. */
  inode: Type.String(),
  steps: Type.Readonly(Type.Array(RenameStep)),
});
export type RenameJournal = Static<typeof RenameJournal>;

const journalName = "vault-rename.json";

/** Where the one journal of a vault is kept, outside of it. */
export class JournalFile {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, journalName);
  }

  /** The rename that was decided and perhaps not ended; undefined when there is none. */
  read(): RenameJournal | undefined {
    return guard(this.#path, () => {
      const text = textOf(this.#path);
      const json = text === undefined ? undefined : parsed(text);
      if (json === undefined || Value.Check(RenameJournal, json)) return json;
      throw new AppError(
        "storage_unavailable",
        `${this.#path} tells of a rename in the vault that was cut short, and cannot be read; nothing is renamed until it is moved away`,
      );
    });
  }

  /** When this returns, the journal is on the disk. */
  write(journal: RenameJournal): void {
    guard(this.#path, () => {
      mkdirSync(this.#folder, { recursive: true });
      writeDurably(this.#path, JSON.stringify(journal));
    });
  }

  /** Says that the rename has ended. */
  async drop(): Promise<void> {
    await guardAsync(this.#path, async () => {
      await rm(this.#path, { force: true });
      await syncFolder(this.#folder);
    });
  }

  /** Removes what a process that was killed while it wrote has left; the journal itself stays. */
  async tidy(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const partial = names.filter((name) => name.startsWith(`${journalName}.`) && name.endsWith(".partial"));
    for (const name of partial) await rm(join(this.#folder, name), { force: true });
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, ["ENOENT", "ENOTDIR"])) return undefined;
    throw error;
  }
}

/** Null for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
