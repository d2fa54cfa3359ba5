import type { Stats } from "node:fs";
import { mkdir, realpath, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";

import { AppError } from "@benchai/contract/errors";

import { folderAway } from "../paths.ts";
import { hasCode, statsOf, syncFolder } from "./disk.ts";
import { FolderNames } from "./folder-names.ts";

/** Where a file of the vault lies, or is to lie. */
export type Place = {
  /** As callers know it: relative to the vault, in NFC. */
  readonly path: string;
  /** Absolute, without links; `file` lies in it. */
  readonly folder: string;
  readonly file: string;
};

/** What is at a path. `missing` are the folders that a new file there needs, the outermost first. */
export type Found =
  | { readonly kind: "file"; readonly place: Place }
  | { readonly kind: "absent"; readonly place: Place; readonly missing: readonly string[] };

/** The vault's folder as the system spells it; `storage_unavailable` when it is away. */
export async function resolveRoot(root: string): Promise<string> {
  const real = await realpath(root).catch((error: unknown) => {
    throw folderAway(root, error);
  });
  if ((await statsOf(real))?.isDirectory() === true) return real;
  throw folderAway(root, Object.assign(new Error("it is no folder"), { code: "ENOTDIR" }));
}

/** Finds files of a vault without following links, for the time of one operation. */
export class PathFinder {
  readonly root: string;
  readonly #names = new FolderNames();
  readonly #isExact: boolean;

  /**
   * `root` is what `resolveRoot` answered. To write, names are looked up in the folders' lists: a disk that takes
   * `note.md` for `Note.md` must not let one overwrite the other. To read, what the disk finds will do.
   */
  constructor(root: string, use: "read" | "write") {
    this.root = root;
    this.#isExact = use === "write";
  }

  /** What is at a path that `vaultPath` let pass. Throws `invalid_request` for links and for what is no regular file. */
  async find(path: string): Promise<Found> {
    const names = path.split("/");
    let [folder, stats]: [string, Stats | undefined] = [this.root, undefined];
    for (const [depth, name] of names.entries()) {
      const found = await this.#entry(folder, name);
      if (!found) return absent(path, folder, names.slice(depth));
      const isLast = depth === names.length - 1;
      stats = found.stats;
      if (stats.isSymbolicLink()) throw notFollowed(path, `${name} is a link`);
      if (isLast ? !stats.isFile() : !stats.isDirectory())
        throw notFollowed(path, `${name} is no ${isLast ? "regular file" : "folder"}`);
      if (isLast) return { kind: "file", place: { path, folder, file: join(folder, found.name) } };
      folder = join(folder, found.name);
    }
    throw notFollowed(path, "it is empty");
  }

  /**
   * Throws `conflict` when a name of the path is there already in another case: systems that cannot tell the two
   * apart would lose one. `except` is the file that is to get the path.
   */
  async assertNoClash(path: string, except?: string): Promise<void> {
    let folder = this.root;
    for (const name of path.split("/")) {
      const other = (await this.#names.alike(folder, name)).find((n) => join(folder, n) !== except);
      if (other !== undefined)
        throw new AppError(
          "conflict",
          `${JSON.stringify(path)} differs only in case from ${JSON.stringify(other)}, which is there already; use that name, or another one`,
          { param: "path" },
        );
      folder = join(folder, (await this.#names.named(folder, name)) ?? name);
    }
  }

  async #entry(folder: string, name: string): Promise<{ name: string; stats: Stats } | undefined> {
    const quick = this.#isExact ? undefined : await statsOf(join(folder, name));
    if (quick) return { name, stats: quick };
    const listed = await this.#names.named(folder, name);
    const stats = listed === undefined ? undefined : await statsOf(join(folder, listed));
    return listed === undefined || !stats ? undefined : { name: listed, stats };
  }
}

function absent(path: string, folder: string, names: readonly string[]): Found {
  const missing = names.slice(0, -1).map((_, i) => join(folder, ...names.slice(0, i + 1)));
  const file = join(folder, ...names);
  return { kind: "absent", place: { path, folder: dirname(file), file }, missing };
}

function notFollowed(path: string, why: string): AppError {
  return new AppError(
    "invalid_request",
    `${JSON.stringify(path)} leads to nothing that is read or written here: ${why}. Links are not followed`,
    { param: "path" },
  );
}

/** Makes folders, the outermost first, and answers with those that were not there. */
export async function makeFolders(missing: readonly string[]): Promise<readonly string[]> {
  const made: string[] = [];
  try {
    for (const folder of missing) {
      const isNew = await mkdir(folder).then(
        () => true,
        (error: unknown) => {
          if (hasCode(error, ["EEXIST"])) return false;
          throw error;
        },
      );
      if (isNew) made.push(folder);
      await assertFolder(folder);
    }
    for (const folder of made) await syncFolder(dirname(folder));
    return made;
  } catch (error) {
    await removeFolders(made);
    throw error;
  }
}

/** Takes back folders that were made; those that somebody has put something in stay. */
export async function removeFolders(made: readonly string[]): Promise<void> {
  for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
}

/** To be called after a read: no link has led out of the vault meanwhile. */
export async function assertBelow(root: string, folder: string): Promise<void> {
  const real = await realpath(folder);
  if (real !== root && !real.startsWith(`${root}/`)) throw reachedByLink(folder);
}

/** To be called right before a change: the folder must be where it was found, with no link on the way. */
export async function assertFolder(folder: string): Promise<void> {
  const isThere = (await realpath(folder)) === folder && (await statsOf(folder))?.isDirectory() === true;
  if (!isThere) throw reachedByLink(folder);
}

function reachedByLink(folder: string): AppError {
  return new AppError(
    "invalid_request",
    `${JSON.stringify(folder)} is no folder, or is reached by a link now; links are not followed, and nothing was changed`,
    { param: "path" },
  );
}
