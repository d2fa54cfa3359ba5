import { AppError } from "@benchai/contract/errors";

import { appendToNote, patchNote } from "../../core/vault/edit-note.ts";
import type { NotePatch } from "../../core/vault/note-patch.ts";
import { assertNote, isReferrer, vaultPath } from "../../core/vault/path-rules.ts";
import type { PatchStyle } from "../../core/vault/rest-patch.ts";
import { readOnlyVault } from "../../core/vault/vault-failure.ts";
import { foldPath } from "../../core/vault/vault-names.ts";
import { Locks, runLocked } from "../../locks.ts";
import { alwaysChanging, assertCondition, assertReplaceable, noSuchNote } from "./conditions.ts";
import { bytesOf, etagOf, textOf } from "./note-file.ts";
import { assertSameKind } from "./rename-desk.ts";
import { addByPlugin } from "./rest-append.ts";
import { RestClient } from "./rest-client.ts";
import { RestFiles, type StoredFile } from "./rest-files.ts";
import { aroundPath, listRest, restPaths } from "./rest-list.ts";
import { assertNewFile } from "./rest-names.ts";
import { RestPlugin } from "./rest-plugin.ts";
import { renameRest } from "./rest-rename.ts";
import { restEndpoint, type RestVaultSettings } from "./rest-settings.ts";
import { copyToTrash, dropCopy } from "./rest-trash.ts";
import type { Condition, Renamed, Trashed, Vault, VaultFile, VaultNote, Written } from "./vault.ts";

type Edit = {
  readonly path: string;
  readonly condition: Condition;
  readonly change: (before: string | undefined, etag: string | undefined) => string;
  /** Said when lines are only added to whatever is there: below a heading, or at the end. */
  readonly adds?: { readonly under: readonly string[] | undefined } | undefined;
};

const mostTries = 8;

/**
 * A vault on another machine, behind Obsidian's Local REST API plugin (versions 2 to 6). Notes are edited by the same
 * functions as in a folder, and written whole. What the plugin cannot do is told where it is made up for: `RestFiles`
 * (writers at the same moment), `addByPlugin`, `copyToTrash`, `renameRest`, `listRest` (no sizes and times of attachments).
 */
export class RestVault implements Vault {
  readonly kind = "rest";
  readonly isWritable: boolean;
  readonly #plugin: RestPlugin;
  readonly #files: RestFiles;
  readonly #maxBytes: number;
  readonly #locks = new Locks<string>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;
  #style: Promise<PatchStyle | undefined> | undefined;

  /** Throws `invalid_config` for settings that cannot be right. */
  constructor(settings: RestVaultSettings) {
    this.isWritable = settings.isWritable;
    this.#maxBytes = settings.maxNoteBytes;
    this.#plugin = new RestPlugin(new RestClient(restEndpoint(settings), settings.deadlineMs));
    this.#files = new RestFiles(this.#plugin, settings.maxNoteBytes);
  }

  async check(): Promise<void> {
    await this.#plugin.version();
  }

  async list(signal: AbortSignal): Promise<readonly VaultFile[]> {
    const { files, spelled } = await listRest(this.#plugin, AbortSignal.any([signal, this.#closing.signal]));
    this.#files.spelled = spelled;
    return files;
  }

  /** `mtimeMs` is 0 when the plugin does not tell it, for a note that Obsidian has not taken note of yet. */
  async read(path: string): Promise<VaultNote> {
    const normal = vaultPath(path);
    assertNote(normal, "read");
    const [file, times] = await Promise.all([
      this.#files.find(normal),
      this.#plugin.times(this.#files.at(normal)),
    ]);
    if (!file) throw noSuchNote(normal);
    const { bytes, etag } = file;
    const mtimeMs = times?.mtimeMs ?? 0;
    return { path: normal, sizeBytes: bytes.length, mtimeMs, text: textOf(bytes, normal), etag };
  }

  /** From version 5 on, the plugin refuses what lies below `.obsidian`: then Obsidian's defaults hold. */
  async readSettings(file: string): Promise<string | undefined> {
    const found = await this.#plugin.get(file).catch(() => undefined);
    return found?.bytes.toString("utf8");
  }

  async put(path: string, text: string, condition: Condition): Promise<Written> {
    return this.#edit({
      path,
      condition,
      change: (_before, etag) => {
        assertReplaceable(path, condition, etag);
        return text;
      },
    });
  }

  async append(path: string, text: string, under?: readonly string[]): Promise<Written> {
    return this.#edit({
      path,
      condition: { kind: "any" },
      change: (before) => {
        if (before === undefined && under) throw noSuchNote(path);
        return appendToNote(before ?? "", text, under);
      },
      adds: { under },
    });
  }

  async patch(path: string, patch: NotePatch, condition: Condition): Promise<Written> {
    const { target, operation } = patch;
    const isAddition = target.kind === "heading" && (operation === "append" || operation === "prepend");
    return this.#edit({
      path,
      condition,
      change: (before) => {
        if (before === undefined) throw noSuchNote(path);
        return patchNote(before, patch);
      },
      adds: isAddition && condition.kind === "any" ? { under: target.path } : undefined,
    });
  }

  async remove(path: string, condition: Condition): Promise<Trashed> {
    const normal = vaultPath(path);
    return this.#write([normal], async () => {
      for (let attempt = 0; attempt < mostTries; attempt += 1) {
        const file = await this.#files.find(normal);
        if (!file) throw noSuchNote(normal);
        assertCondition(normal, condition, file.etag);
        const trashPath = await this.#trash(normal, file);
        if (trashPath !== undefined) return { trashPath };
      }
      throw alwaysChanging(normal);
    });
  }

  /** Undefined when the file changed while it was copied. */
  async #trash(path: string, file: StoredFile): Promise<string | undefined> {
    const copy = await copyToTrash(this.#files, path, file);
    let isRemoved = false;
    try {
      isRemoved = await this.#files.remove(path, file);
      return isRemoved ? copy : undefined;
    } finally {
      if (!isRemoved) await dropCopy(this.#files, copy);
    }
  }

  async rename(
    from: string,
    to: string,
    referrers: readonly string[],
    condition: Condition,
  ): Promise<Renamed> {
    const [source, target] = [vaultPath(from), vaultPath(to)];
    assertSameKind(source, target);
    const others = [...new Set(referrers.map((path) => vaultPath(path)))].filter(
      (path) => isReferrer(path) && path !== source && path !== target,
    );
    return this.#write([source, target, ...others], async () => {
      const paths = [...(await restPaths(this.#plugin)).keys()];
      if (source !== target)
        assertNewFile(
          target,
          paths.filter((path) => path !== source),
        );
      const order = {
        from: source,
        to: target,
        referrers: others,
        condition,
        paths,
        maxBytes: this.#maxBytes,
      };
      return renameRest(this.#files, order);
    });
  }

  /** Lets what has begun end, and nothing more begin. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort(new AppError("shutting_down", "the service is stopping", { retryAfterS: 5 }));
    await Promise.allSettled(this.#running);
    await this.#plugin.close();
  }

  async #edit({ condition, change, adds, ...edit }: Edit): Promise<Written> {
    const path = vaultPath(edit.path);
    assertNote(path, "write");
    return this.#write([path], async () => {
      for (let attempt = 0; attempt < mostTries; attempt += 1) {
        const before = await this.#files.find(path);
        assertCondition(path, condition, before?.etag);
        const beforeText = before && textOf(before.bytes, path);
        const afterText = change(beforeText, before?.etag);
        const bytes = bytesOf(afterText, this.#maxBytes);
        if (!before) assertNewFile(path, await aroundPath(this.#plugin, path));
        if (before && adds && (await this.#add(path, before, afterText, adds.under))) return this.#seen(path);
        if (await this.#files.replace(path, before, bytes))
          return { path, etag: etagOf(bytes), isNew: !before };
      }
      throw alwaysChanging(path);
    });
  }

  /** False when a whole note must be written, guarded by its tag where it has one. */
  async #add(
    path: string,
    before: StoredFile,
    afterText: string,
    under: readonly string[] | undefined,
  ): Promise<boolean> {
    if (before.tag !== undefined) return false;
    const addition = { path, before, beforeText: textOf(before.bytes, path), afterText, under };
    return addByPlugin(this.#files, addition, under && (await this.#patchStyle()));
  }

  /** What is there after lines were added, to which others may have added theirs. */
  async #seen(path: string): Promise<Written> {
    const file = await this.#files.find(path);
    if (!file) throw noSuchNote(path);
    return { path, etag: file.etag, isNew: false };
  }

  /** By the plugin's version, asked once. */
  async #patchStyle(): Promise<PatchStyle | undefined> {
    this.#style ??= this.#plugin.version().then((version) => {
      const major = Number.parseInt(version, 10);
      if (major < 3) return "heading";
      return major < 6 ? "target" : undefined;
    });
    try {
      return await this.#style;
    } catch (error) {
      this.#style = undefined;
      throw error;
    }
  }

  /** Runs what changes the notes at these paths; nothing else of this process changes them meanwhile. */
  async #write<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
    if (!this.isWritable) throw readOnlyVault();
    this.#closing.signal.throwIfAborted();
    const keys = paths.map((path) => foldPath(path));
    const running = runLocked(this.#locks, keys, this.#closing.signal, work);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}
