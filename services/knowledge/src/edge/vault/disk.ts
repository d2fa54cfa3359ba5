import { constants, type Stats } from "node:fs";
import { lstat, open } from "node:fs/promises";

/** Whether an error is the system's, with one of these codes. */
export function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** What there is at a path itself, be it a link; undefined when there is nothing. */
export async function statsOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (hasCode(error, ["ENOENT", "ENOTDIR"])) return undefined;
    throw error;
  });
}

/** Puts the names in a folder onto the disk, where its file system can; a folder that is gone has none. */
export async function syncFolder(folder: string): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  const handle = await open(folder, flags).catch((error: unknown) => {
    if (hasCode(error, ["ENOENT"])) return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } catch (error) {
    // Shares of other systems have no such thing.
    if (!hasCode(error, ["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EBADF", "EISDIR", "EPERM", "EACCES"]))
      throw error;
  } finally {
    await handle?.close();
  }
}
