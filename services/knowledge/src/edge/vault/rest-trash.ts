import { AppError } from "@benchai/contract/errors";

import type { RestFiles, StoredFile } from "./rest-files.ts";

/** Obsidian's own; where the plugin takes no hidden folder, one that can be seen. */
const trashFolders = [".trash", "Trash"];
const mostNumbers = 1_000;

/**
 * Copies a file into the vault's trash, where it keeps its path, with a number when that is taken. Answers with where
 * the copy is, which was read back. The plugin's own trash will not do: before version 5 it deletes for good, and since
 * then it says not where a file went, which may be the system's trash.
 */
export async function copyToTrash(files: RestFiles, path: string, file: StoredFile): Promise<string> {
  let problem: unknown;
  for (const folder of trashFolders) {
    try {
      const copy = await copyTo(files, `${folder}/${path}`, file);
      if (copy !== undefined) return copy;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "invalid_request") throw error;
      problem = error;
    }
  }
  throw new AppError(
    "storage_unavailable",
    `the vault's plugin keeps no copy of ${JSON.stringify(path)} in ${trashFolders.join(" or ")}, so it was not deleted`,
    { cause: problem },
  );
}

/** Undefined when there is no free name. */
async function copyTo(files: RestFiles, wanted: string, file: StoredFile): Promise<string | undefined> {
  for (let number = 0; number < mostNumbers; number += 1) {
    const path = numbered(wanted, number);
    if (await files.find(path)) continue;
    if (await files.replace(path, undefined, file.bytes)) return path;
  }
  return undefined;
}

function numbered(path: string, number: number): string {
  if (number === 0) return path;
  const dot = path.lastIndexOf(".");
  const end = dot > path.lastIndexOf("/") + 1 ? dot : path.length;
  return `${path.slice(0, end)} ${number}${path.slice(end)}`;
}

/** Takes back a copy that was made for nothing; one that stays does no harm. */
export async function dropCopy(files: RestFiles, path: string): Promise<void> {
  const copy = await files.find(path).catch(() => undefined);
  if (copy) await files.remove(path, copy).catch(() => undefined);
}
