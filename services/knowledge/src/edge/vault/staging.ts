import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { hasCode, statsOf } from "./disk.ts";
import { markOfStats } from "./stillness.ts";

/**
 * Ours and nobody else's. Obsidian and our scan pass over names with a dot before them; Dropbox, Nextcloud, OneDrive
 * and iCloud over this beginning or this ending.
 */
const stagedName = /^\.~benchai-[\da-f]{32}\.tmp$/u;

export function isStagedName(name: string): boolean {
  return stagedName.test(name);
}

/** New content that lies beside the file whose place it is to take, on the disk already. */
export type Staged = {
  readonly file: string;
  /** Tells later that a file is still the one that was staged (stillness.ts). */
  readonly mark: string;
};

/** Whose rights a file is to have. */
export type Rights = Pick<Stats, "mode" | "uid" | "gid">;

/** Writes content beside its target; nothing is left when that fails. */
export async function stage(folder: string, bytes: Uint8Array, rights?: Rights): Promise<Staged> {
  const file = join(folder, `.~benchai-${randomUUID().replaceAll("-", "")}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  // Until it has its rights nobody else may read it.
  const handle = await open(file, flags, rights ? 0o600 : 0o666);
  try {
    await handle.writeFile(bytes);
    if (rights) await giveRights(handle, rights);
    await handle.sync();
    return { file, mark: markOfStats(await handle.stat({ bigint: true })) };
  } catch (error) {
    await unstage(file);
    throw error;
  } finally {
    await handle.close();
  }
}

/** Only root may give files away, so another owner is kept where that is possible; the mode always is. */
async function giveRights(handle: FileHandle, { mode, uid, gid }: Rights): Promise<void> {
  const own = await handle.stat();
  if (own.uid !== uid || own.gid !== gid)
    await handle.chown(uid, gid).catch(() => handle.chown(own.uid, gid).catch(() => undefined));
  if ((own.mode & 0o7777) !== (mode & 0o7777)) await handle.chmod(mode & 0o7777);
}

/** Takes a staged file away; one that is gone already is no fault. */
export async function unstage(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** Gives staged content the name of a file that is not there; false when it is there by now. */
export async function publishNew(staged: string, file: string): Promise<boolean> {
  try {
    await link(staged, file);
  } catch (error) {
    if (hasCode(error, ["EEXIST"])) return false;
    if (!hasCode(error, ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"])) throw error;
    return reserve(file, () => rename(staged, file));
  }
  await unstage(staged);
  return true;
}

/**
 * Moves a file to a name that is not taken; false when it is. The name is reserved by an empty file first, as a move
 * alone would overwrite what came between.
 */
export async function reserve(file: string, move: () => Promise<void>): Promise<boolean> {
  const handle = await open(file, "wx").catch((error: unknown) => {
    if (hasCode(error, ["EEXIST"])) return undefined;
    throw error;
  });
  if (!handle) return false;
  await handle.close();
  try {
    await move();
    return true;
  } catch (error) {
    // What somebody has written to it meanwhile is theirs.
    if ((await statsOf(file))?.size === 0) await rm(file, { force: true });
    throw error;
  }
}
