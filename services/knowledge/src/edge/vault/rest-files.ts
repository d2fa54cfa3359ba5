import { AppError } from "@benchai/contract/errors";

import { isReferrer } from "../../core/vault/path-rules.ts";
import { etagOf } from "./note-file.ts";
import type { Guard, RestPlugin } from "./rest-plugin.ts";

/** A file of the vault as it is there now. `tag` is what the plugin calls this version, where its writes heed that. */
export type StoredFile = {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly tag: string | undefined;
};

/**
 * Files behind the plugin, each read, replaced or removed whole. What is acknowledged was read back. With a plugin that
 * heeds tags (a late 5.x, or 6) nothing comes between looking and writing; with older ones somebody who writes in the few
 * milliseconds between the two is overwritten, and nothing tells.
 */
export class RestFiles {
  readonly plugin: RestPlugin;
  /** Paths as the vault spells them, by their form in NFC; from the last list. */
  spelled: ReadonlyMap<string, string> = new Map();
  readonly #maxBytes: number;

  constructor(plugin: RestPlugin, maxBytes: number) {
    this.plugin = plugin;
    this.#maxBytes = maxBytes;
  }

  /** Undefined when there is none; `document_unreadable` when it is a note that is too large. */
  async find(path: string): Promise<StoredFile | undefined> {
    const file = await this.plugin.get(this.at(path));
    if (!file) return undefined;
    if (file.bytes.length > this.#maxBytes && isReferrer(path))
      throw new AppError(
        "document_unreadable",
        `${JSON.stringify(path)} has ${file.bytes.length} bytes, and at most ${this.#maxBytes} are read of a note`,
        { param: "path" },
      );
    return { ...file, etag: etagOf(file.bytes) };
  }

  /** False when the file is not (or, without `before`, is) there as it was, and nothing was written. */
  async replace(path: string, before: StoredFile | undefined, bytes: Uint8Array): Promise<boolean> {
    const write = () => this.plugin.put(this.at(path), bytes, guardOf(before));
    if (!(await this.#settled(path, write, (now) => now?.bytes.equals(bytes) === true))) return false;
    const now = await this.find(path);
    if (now?.bytes.equals(bytes) === true) return true;
    throw new AppError(
      "note_changed",
      `${JSON.stringify(path)} was written, and is not what was written any more: another program changed it, or the ` +
        "plugin did not take it as it was. Read it again",
    );
  }

  /**
   * False when the file is not there as it was. It is gone for good where the plugin makes sure that it is still this
   * one; where it does not, and has a trash, that keeps what somebody may have written meanwhile.
   */
  async remove(path: string, before: StoredFile): Promise<boolean> {
    const isSure = before.tag !== undefined;
    if (!isSure && (await this.find(path))?.etag !== before.etag) return false;
    const write = () => this.plugin.remove(this.at(path), isSure, guardOf(before));
    return this.#settled(path, write, (now) => now === undefined);
  }

  at(path: string): string {
    return this.spelled.get(path) ?? path;
  }

  /** When the answer is lost, what was asked for may be done all the same: one look tells. */
  async #settled(
    path: string,
    write: () => Promise<boolean>,
    isDone: (now: StoredFile | undefined) => boolean,
  ): Promise<boolean> {
    try {
      return await write();
    } catch (error) {
      const look = await this.find(path).then(
        (now) => ({ now }),
        () => undefined,
      );
      if (look && isDone(look.now)) return true;
      throw look ? error : uncertain(path, error);
    }
  }
}

function guardOf(before: StoredFile | undefined): Guard {
  return before ? { kind: "tag", tag: before.tag } : { kind: "absent" };
}

function uncertain(path: string, error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== "storage_unavailable") return error;
  const message = `${error.message}. Whether ${JSON.stringify(path)} was written before that is not known: read it again`;
  return new AppError(error.code, message, { cause: error });
}
