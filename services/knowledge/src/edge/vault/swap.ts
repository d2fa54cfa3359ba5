import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

import { readStamped } from "../folder-scan.ts";
import { hasCode, statsOf } from "./disk.ts";
import { stage, type Staged, unstage } from "./staging.ts";
import { markAt, markOf, markOfStats, mostLooks, Stillness } from "./stillness.ts";

export type SwapOptions = {
  readonly maxBytes: number;
  /** Called when the note has been looked at for the last time. */
  readonly paused: () => Promise<void>;
};

/**
 * Gives staged content the name of a file, if that has the wanted bytes; false when it has others. A program that opened
 * the old file before, and writes to it now, would write into what has no name any more: so the old file is held and
 * looked at once more, and what came late gets its name back.
 */
export async function swapIn(
  staged: Staged,
  file: string,
  isWanted: (bytes: Uint8Array) => boolean,
  { maxBytes, paused }: SwapOptions,
): Promise<boolean> {
  const held = await openHeld(file);
  if (!held) return false;
  try {
    const before = markOfStats(await held.stat({ bigint: true }));
    const now = await readStamped(file, maxBytes);
    if (!now || markOf(now.stamp) !== before || !isWanted(now.bytes)) return false;
    await paused();
    await rename(staged.file, file);
    const late = await lateBytes(held, before);
    if (!late || isWanted(late)) return true;
    await giveBack(late, staged, file);
    return false;
  } finally {
    await held.close();
  }
}

async function openHeld(file: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return open(file, flags).catch((error: unknown) => {
    if (hasCode(error, ["ENOENT", "ELOOP", "ENOTDIR"])) return undefined;
    throw error;
  });
}

/** What was written to a file that has no name any more, once it is written to its end; undefined when nothing was. */
async function lateBytes(held: FileHandle, before: string): Promise<Uint8Array | undefined> {
  const stillness = new Stillness();
  for (let look = 0; look < mostLooks; look += 1) {
    const stats = await held.stat({ bigint: true });
    const mark = markOfStats(stats);
    if (mark === before) return undefined;
    if (stillness.isStill(mark, Number(stats.size))) break;
    await stillness.wait();
  }
  return held.readFile();
}

/** Gives bytes the name that staged content took, unless somebody has taken it since. */
async function giveBack(bytes: Uint8Array, { mark }: Staged, file: string): Promise<void> {
  const back = await stage(dirname(file), bytes, await statsOf(file));
  try {
    if ((await markAt(file)) === mark) await rename(back.file, file);
  } finally {
    await unstage(back.file);
  }
}
