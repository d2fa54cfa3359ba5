import { type BigIntStats, constants } from "node:fs";

import type { Stamp } from "../core/manifest.ts";

/** Opens no link, and without O_NONBLOCK opening what has become a named pipe would wait for ever. */
export const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function stampOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): Stamp {
  return {
    sizeBytes: Number(size),
    mtimeNs: String(mtimeNs),
    ctimeNs: String(ctimeNs),
    inode: String(ino),
  };
}

/** Whether there is no such file any more; `also`: other codes that mean the same to the caller. */
export function isGone(error: unknown, ...also: readonly string[]): boolean {
  return ["ENOENT", "ENOTDIR", ...also].includes(codeOf(error));
}

/** The system's name of an error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
