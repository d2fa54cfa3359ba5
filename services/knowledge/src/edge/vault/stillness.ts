import { lstat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import type { Stamp } from "../../core/manifest.ts";
import { hasCode } from "./disk.ts";

/**
 * Programs that do not replace a file empty it and then fill it, and nothing tells when they are done. So what was changed
 * less than this ago is looked at until it has been the same for so long; what is empty, for longer.
 */
const stillMs = 100;
const emptyStillMs = 500;
const lookEveryMs = 20;
/** How often a file is looked at that never becomes still: for some two seconds. */
export const mostLooks = 100;

/** Tells one content of a file from the next. */
export function markOf({ inode, mtimeNs, sizeBytes }: Omit<Stamp, "ctimeNs">): string {
  return `${inode}:${mtimeNs}:${sizeBytes}`;
}

/** The mark of what lies at a path; undefined when nothing does. */
export async function markAt(file: string): Promise<string | undefined> {
  const stats = await lstat(file, { bigint: true }).catch((error: unknown) => {
    if (hasCode(error, ["ENOENT", "ENOTDIR"])) return undefined;
    throw error;
  });
  return stats && markOfStats(stats);
}

export function markOfStats({ ino, mtimeNs, size }: { ino: bigint; mtimeNs: bigint; size: bigint }): string {
  return markOf({ inode: String(ino), mtimeNs: String(mtimeNs), sizeBytes: Number(size) });
}

/** Follows one file until it is written to its end. */
export class Stillness {
  #mark: string | undefined;
  #sinceMs = 0;

  /** Whether the file has been the same for long enough. `ageMs` is what its own time says, where that can be trusted. */
  isStill(mark: string, sizeBytes: number, ageMs = 0): boolean {
    if (mark !== this.#mark) this.#sinceMs = performance.now();
    this.#mark = mark;
    const seenMs = performance.now() - this.#sinceMs;
    // A file that is being emptied has no bytes any more a moment before its time changes (ext4).
    if (sizeBytes === 0) return Math.max(seenMs, ageMs) > emptyStillMs && seenMs >= lookEveryMs;
    return Math.max(seenMs, ageMs) > stillMs;
  }

  async wait(): Promise<void> {
    await sleep(lookEveryMs);
  }
}
