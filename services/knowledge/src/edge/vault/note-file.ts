import { createHash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { lstat, rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";

import { readStamped } from "../folder-scan.ts";
import { hasCode, publishNew, stage, type Staged, syncFolder, unstage } from "./staging.ts";
import { assertFolder, type Place } from "./vault-paths.ts";

/** A note's bytes, none of them half written, and the SHA-256 of them in hex. */
export type NoteBytes = {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
};

/**
 * Programs that do not replace a file empty it and then fill it, and nothing tells when they are done. So what was changed
 * less than this ago is looked at until it has been the same for so long; what is empty, for longer.
 */
const settleMs = 100;
const emptySettleMs = 500;
const lookEveryMs = 20;
const mostLooks = 100;
const mostMarks = 1_000;

/** Reads and replaces notes whole. One for a vault: it knows its own writes, which need no second look. */
export class NoteFiles {
  readonly maxBytes: number;
  readonly #marks = new Map<string, string>();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Undefined when the note is gone; `document_unreadable` when it is too large; waits while it is being written. */
  async read({ path, file }: Place): Promise<NoteBytes | undefined> {
    let seen = { mark: "", atMs: 0 };
    for (let look = 0; look < mostLooks; look += 1) {
      const read = await readStamped(file, this.maxBytes);
      if (read) {
        const { inode, mtimeNs, sizeBytes } = read.stamp;
        const mark = `${inode}:${mtimeNs}:${sizeBytes}`;
        if (mark !== seen.mark) seen = { mark, atMs: performance.now() };
        const mtimeMs = Number(mtimeNs) / 1e6;
        const times = { seenMs: performance.now() - seen.atMs, ageMs: Date.now() - mtimeMs };
        if (mark === this.#marks.get(file) || isSettled(sizeBytes, times))
          return { bytes: read.bytes, etag: etagOf(read.bytes), sizeBytes, mtimeMs };
      } else if (!(await this.#isThere(path, file))) return undefined;
      await sleep(lookEveryMs);
    }
    throw new AppError(
      "storage_unavailable",
      `another program writes ${JSON.stringify(path)} without a pause; try again when it has ended`,
      { retryAfterS: 1 },
    );
  }

  async #isThere(path: string, file: string): Promise<boolean> {
    const stats = await lstat(file).catch(() => undefined);
    if (stats?.isFile() !== true) return false;
    if (stats.size <= this.maxBytes) return true;
    throw new AppError(
      "document_unreadable",
      `${JSON.stringify(path)} has ${stats.size} bytes, and at most ${this.maxBytes} are read of a note`,
      { param: "path" },
    );
  }

  /**
   * Writes new bytes and gives them the note's name, if the note still has the bytes of `etag` then (undefined: if
   * there is none). False when it has not; nothing was changed then, nor when it throws, unless the disk fails in the
   * very last step. `paused` is called before the name is given.
   */
  async replace(
    place: Place,
    bytes: Uint8Array,
    etag: string | undefined,
    paused: () => Promise<void>,
  ): Promise<boolean> {
    const rights = etag === undefined ? undefined : await lstat(place.file).catch(() => undefined);
    const staged = await stage(place.folder, bytes, rights);
    try {
      await paused();
      const isDone = await this.exchange(staged, place, etag);
      if (isDone) await syncFolder(place.folder);
      return isDone;
    } finally {
      await unstage(staged.file);
    }
  }

  /** The last step, for what was staged before; the caller puts the folder's names onto the disk. */
  async exchange(staged: Staged, { folder, file }: Place, etag: string | undefined): Promise<boolean> {
    if (!(await isInPlace(folder))) return false;
    if (etag === undefined) {
      if (!(await publishNew(staged.file, file))) return false;
    } else {
      const now = await readStamped(file, this.maxBytes);
      if (!now || etagOf(now.bytes) !== etag) return false;
      await rename(staged.file, file);
    }
    if (this.#marks.size >= mostMarks) this.#marks.clear();
    this.#marks.set(file, staged.mark);
    return true;
  }
}

/** False when the folder is gone; throws when a link has taken its place. */
async function isInPlace(folder: string): Promise<boolean> {
  try {
    await assertFolder(folder);
    return true;
  } catch (error) {
    if (hasCode(error, ["ENOENT"])) return false;
    throw error;
  }
}

/** Whether a file is as it is to be; `seenMs` is how long we have seen it so. */
function isSettled(sizeBytes: number, { seenMs, ageMs }: { seenMs: number; ageMs: number }): boolean {
  // A file that is being emptied has no bytes any more a moment before its time changes (ext4).
  if (sizeBytes === 0) return Math.max(seenMs, ageMs) > emptySettleMs && seenMs >= lookEveryMs;
  return Math.max(seenMs, ageMs) > settleMs;
}

export function etagOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A note's text, byte order mark and line ends included; `document_unreadable` when it is not UTF-8. */
export function textOf(bytes: Uint8Array, path: string): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString("utf8");
  throw new AppError(
    "document_unreadable",
    `${JSON.stringify(path)} is not UTF-8, as Obsidian's notes are; save it as UTF-8`,
    { param: "path" },
  );
}

/** The bytes to be stored for a text. Throws `invalid_request` for half characters, which UTF-8 cannot say. */
export function bytesOf(text: string, maxBytes: number): Uint8Array {
  if (!text.isWellFormed())
    throw new AppError("invalid_request", "the text has half a character (a lone surrogate)", {
      param: "text",
    });
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= maxBytes) return bytes;
  throw new AppError(
    "body_too_large",
    `the note would have ${bytes.length} bytes, and at most ${maxBytes} are read of one`,
    { param: "text" },
  );
}
