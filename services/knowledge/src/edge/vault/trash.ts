import { rename } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";

import { shorten } from "../../core/lines.ts";
import { AppError } from "@benchai/contract/errors";
import { syncFolder } from "./disk.ts";
import { reserve } from "./staging.ts";
import { assertFolder, makeFolders, type Place, removeFolders } from "./vault-paths.ts";

/** Obsidian's own, when it is set to keep deleted files in the vault. */
const trashFolder = ".trash";
const mostNumbers = 10_000;

/**
 * Moves a file to the vault's trash, where it keeps its path, with a number when that is taken. Answers with where it
 * is now, absolute.
 */
export async function moveToTrash(root: string, place: Place): Promise<string> {
  const names = [trashFolder, ...relative(root, place.folder).split("/")].filter((name) => name !== "");
  const folders = names.map((_, i) => join(root, ...names.slice(0, i + 1)));
  const made = await makeFolders(folders);
  try {
    const trashed = await moveToFree(place, join(root, ...names));
    for (const folder of [dirname(trashed), place.folder]) await syncFolder(folder);
    return trashed;
  } catch (error) {
    await removeFolders(made);
    throw error;
  }
}

async function moveToFree(place: Place, folder: string): Promise<string> {
  for (let number = 0; number < mostNumbers; number += 1) {
    const file = join(folder, numbered(basename(place.file), number));
    const isMoved = await reserve(file, async () => {
      await assertFolder(place.folder);
      await assertFolder(folder);
      await rename(place.file, file);
    });
    if (isMoved) return file;
  }
  throw new AppError("conflict", `the vault's trash has ${mostNumbers} files like ${place.path}; empty it`);
}

function numbered(name: string, number: number): string {
  if (number === 0) return name;
  const ending = ` ${number}${extname(name)}`;
  // Room for the number in a name that is as long as names can be.
  let stem = basename(name, extname(name));
  while (Buffer.byteLength(stem + ending) > 255) stem = shorten(stem, stem.length - 1);
  return stem + ending;
}

/** Puts a file back from where `moveToTrash` moved it; false when its place is taken. */
export async function moveBack(trashed: string, place: Place): Promise<boolean> {
  const isBack = await reserve(place.file, () => rename(trashed, place.file));
  for (const folder of [dirname(trashed), place.folder]) await syncFolder(folder);
  return isBack;
}
