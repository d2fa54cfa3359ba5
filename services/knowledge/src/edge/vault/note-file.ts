import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";

import { AppError } from "@benchai/contract/errors";

import { readStamped } from "../folder-scan.ts";
import { hasCode, statsOf, syncFolder } from "./disk.ts";
import { publishNew, stage, type Staged, unstage } from "./staging.ts";
import { markOf, mostLooks, Stillness } from "./stillness.ts";
import { swapIn } from "./swap.ts";
import { assertFolder, type Place } from "./vault-paths.ts";

/** A note's bytes, none of them half written, and the SHA-256 of them in hex. */
export type NoteBytes = {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
};

/** Where tests let other programs act. */
export type Moments = {
  /** New content is staged, and nothing is changed yet. */
  readonly beforeReplace?: (path: string) => Promise<void>;
  /** The note was looked at for the last time, and loses its name to the new content now. */
  readonly beforeSwap?: (path: string) => Promise<void>;
  /** All of a rename is staged. */
  readonly beforeRename?: () => Promise<void>;
};

const mostMarks = 1_000;

/** Reads and replaces notes whole. One for a vault: it knows its own writes, which need no second look. */
export class NoteFiles {
  readonly maxBytes: number;
  readonly #moments: Moments;
  readonly #marks = new Map<string, string>();

  constructor(maxBytes: number, moments: Moments) {
    this.maxBytes = maxBytes;
    this.#moments = moments;
  }

  /** Undefined when the note is gone; `document_unreadable` when it is too large; waits while it is being written. */
  async read({ path, file }: Place): Promise<NoteBytes | undefined> {
    const stillness = new Stillness();
    for (let look = 0; look < mostLooks; look += 1) {
      const read = await readStamped(file, this.maxBytes);
      if (read) {
        const { bytes, stamp } = read;
        const mark = markOf(stamp);
        const mtimeMs = Number(stamp.mtimeNs) / 1e6;
        const isOwn = mark === this.#marks.get(file);
        if (isOwn || stillness.isStill(mark, stamp.sizeBytes, Date.now() - mtimeMs))
          return { bytes, etag: etagOf(bytes), sizeBytes: stamp.sizeBytes, mtimeMs };
      } else if (!(await this.#isThere(path, file))) return undefined;
      await stillness.wait();
    }
    throw new AppError(
      "storage_unavailable",
      `another program writes ${JSON.stringify(path)} without a pause; try again when it has ended`,
      { retryAfterS: 1 },
    );
  }

  async #isThere(path: string, file: string): Promise<boolean> {
    const stats = await statsOf(file);
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
   * very last step.
   */
  async replace(place: Place, bytes: Uint8Array, etag: string | undefined): Promise<boolean> {
    const rights = etag === undefined ? undefined : await statsOf(place.file);
    const staged = await stage(place.folder, bytes, rights);
    try {
      await this.#moments.beforeReplace?.(place.path);
      const isDone = await this.exchange(staged, place, etag);
      if (isDone) await syncFolder(place.folder);
      return isDone;
    } finally {
      await unstage(staged.file);
    }
  }

  /** The last step, for what was staged before; the caller puts the folder's names onto the disk. */
  async exchange(staged: Staged, place: Place, etag: string | undefined): Promise<boolean> {
    if (!(await isInPlace(place.folder))) return false;
    const isDone =
      etag === undefined ? await publishNew(staged.file, place.file) : await this.#swap(staged, place, etag);
    if (!isDone) return false;
    if (this.#marks.size >= mostMarks) this.#marks.clear();
    this.#marks.set(place.file, staged.mark);
    return true;
  }

  async #swap(staged: Staged, { path, file }: Place, etag: string): Promise<boolean> {
    const paused = async () => this.#moments.beforeSwap?.(path);
    const isWanted = (bytes: Uint8Array) => etagOf(bytes) === etag;
    return swapIn(staged, file, isWanted, { maxBytes: this.maxBytes, paused });
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

/** The SHA-256 of a note's bytes, in hex. */
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
