import { opendir } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { appendToNote, patchNote } from "../../core/vault/edit-note.ts";
import type { NotePatch } from "../../core/vault/note-patch.ts";
import { assertNewNames, assertNote, vaultPath } from "../../core/vault/path-rules.ts";
import { readOnlyVault } from "../../core/vault/vault-failure.ts";
import { readStamped } from "../folder-scan.ts";
import { folderAway, resolveInside } from "../paths.ts";
import { fileSha256 } from "../store/durable.ts";
import { alwaysChanging, assertCondition, assertReplaceable, noSuchNote, noteChanged } from "./conditions.ts";
import { bytesOf, etagOf, type Moments, NoteFiles, textOf } from "./note-file.ts";
import { RenameDesk } from "./rename-desk.ts";
import { JournalFile } from "./rename-journal.ts";
import { moveBack, moveToTrash } from "./trash.ts";
import { VaultAccess } from "./vault-access.ts";
import { listVault } from "./vault-list.ts";
import { assertBelow, type Found, makeFolders, PathFinder, removeFolders } from "./vault-paths.ts";
import type { Condition, Renamed, Trashed, Vault, VaultFile, VaultNote, Written } from "./vault.ts";

export type FolderVaultOptions = {
  readonly root: string;
  /** Outside of the vault, and of this vault alone: keeps what is known of a rename that has not ended. */
  readonly stateDir: string;
  readonly isWritable: boolean;
  readonly maxNoteBytes: number;
};

/** The new text of a note; `before` and `etag` are undefined when there is none yet. */
type Change = (before: string | undefined, etag: string | undefined) => string;

const mostSettingsBytes = 1024 * 1024;
const mostTries = 8;
const retryMs = 10;
const nothing = async () => undefined;

/** A vault that is a folder of this machine; other programs, Obsidian among them, change it at the same time. */
export class FolderVault implements Vault {
  readonly kind = "folder";
  readonly isWritable: boolean;
  readonly #access: VaultAccess;
  readonly #notes: NoteFiles;
  readonly #renames: RenameDesk;
  readonly #moments: Moments;

  constructor({ root, stateDir, isWritable, maxNoteBytes }: FolderVaultOptions, moments: Moments = {}) {
    this.isWritable = isWritable;
    this.#access = new VaultAccess(root, isWritable);
    this.#notes = new NoteFiles(maxNoteBytes, moments);
    this.#renames = new RenameDesk(this.#access, this.#notes, new JournalFile(stateDir));
    this.#moments = moments;
  }

  /**
   * To be called at start: ends a rename that was cut short, and takes away what a killed process has staged. What
   * writes calls it as well; when it fails, the next one tries again, and only renames must wait for it.
   */
  async recover(): Promise<void> {
    if (this.isWritable) await this.#renames.recover();
  }

  async check(): Promise<void> {
    await this.#access.read(async (root) => {
      const folder = await opendir(root).catch((error: unknown) => {
        throw folderAway(root, error);
      });
      await folder.close();
    });
  }

  async list(signal: AbortSignal): Promise<readonly VaultFile[]> {
    return this.#access.read((root) => listVault(root, signal));
  }

  async read(path: string): Promise<VaultNote> {
    const normal = vaultPath(path);
    assertNote(normal, "read");
    return this.#access.read(async (root) => {
      const found = await new PathFinder(root, "read").find(normal);
      const read = found.kind === "file" ? await this.#notes.read(found.place) : undefined;
      if (!read) throw noSuchNote(normal);
      await assertBelow(root, found.place.folder);
      const { bytes, etag, sizeBytes, mtimeMs } = read;
      return { path: normal, sizeBytes, mtimeMs, text: textOf(bytes, normal), etag };
    });
  }

  async readSettings(file: string): Promise<string | undefined> {
    return this.#access.read(async (root) => {
      const folder = await resolveInside(root, dirname(file)).catch(() => undefined);
      const read = folder && (await readStamped(join(folder, basename(file)), mostSettingsBytes));
      return read && textOf(read.bytes, file);
    });
  }

  async put(path: string, text: string, condition: Condition): Promise<Written> {
    return this.#edit(path, condition, (_before, etag) => {
      assertReplaceable(path, condition, etag);
      return text;
    });
  }

  async append(path: string, text: string, under?: readonly string[]): Promise<Written> {
    return this.#edit(path, { kind: "any" }, (before) => {
      if (before === undefined && under) throw noSuchNote(path);
      return appendToNote(before ?? "", text, under);
    });
  }

  async patch(path: string, patch: NotePatch, condition: Condition): Promise<Written> {
    return this.#edit(path, condition, (before) => {
      if (before === undefined) throw noSuchNote(path);
      return patchNote(before, patch);
    });
  }

  async remove(path: string, condition: Condition): Promise<Trashed> {
    const normal = await this.#writablePath(path);
    return this.#access.write([normal], async (root) => {
      const found = await new PathFinder(root, "write").find(normal);
      const wanted = condition.kind === "match" ? condition.etag : undefined;
      if (found.kind === "absent" && wanted === undefined) throw noSuchNote(normal);
      const { place } = found;
      // What only has to be there is not read: it may be too large for that.
      const etag = wanted === undefined ? "" : (await this.#notes.read(place))?.etag;
      assertCondition(normal, condition, etag);
      const trashed = await moveToTrash(root, place);
      if (wanted === undefined || (await fileSha256(trashed)) === wanted)
        return { trashPath: relative(root, trashed) };
      await moveBack(trashed, place);
      throw noteChanged(normal, false);
    });
  }

  async rename(
    from: string,
    to: string,
    referrers: readonly string[],
    condition: Condition,
  ): Promise<Renamed> {
    if (!this.isWritable) throw readOnlyVault();
    return this.#renames.rename({ from, to, referrers, condition }, this.#moments.beforeRename ?? nothing);
  }

  async close(): Promise<void> {
    await this.#access.close();
  }

  /** A note's path, when the vault is one that may be written. */
  async #writablePath(path: string): Promise<string> {
    if (!this.isWritable) throw readOnlyVault();
    const normal = vaultPath(path);
    assertNote(normal, "write");
    await this.#renames.recover().catch(() => undefined);
    return normal;
  }

  /** Changes a note's text, again and again when another program changes it at the same time. */
  async #edit(path: string, condition: Condition, change: Change): Promise<Written> {
    const normal = await this.#writablePath(path);
    return this.#access.write([normal], async (root) => {
      for (let attempt = 1; attempt <= mostTries; attempt += 1) {
        const written = await this.#tryEdit(root, normal, condition, change);
        if (written) return written;
        await sleep(retryMs * attempt);
      }
      throw alwaysChanging(normal);
    });
  }

  /** Undefined when the note was changed between the look and the write: then nothing was written. */
  async #tryEdit(
    root: string,
    path: string,
    condition: Condition,
    change: Change,
  ): Promise<Written | undefined> {
    const finder = new PathFinder(root, "write");
    const found = await finder.find(path);
    const read = found.kind === "file" ? await this.#notes.read(found.place) : undefined;
    if (found.kind === "file" && !read) return undefined;
    assertCondition(path, condition, read?.etag);
    const text = change(read && textOf(read.bytes, path), read?.etag);
    const bytes = bytesOf(text, this.#notes.maxBytes);
    const written = { path, etag: etagOf(bytes), isNew: read === undefined };
    if (read?.etag === written.etag) return written;
    if (found.kind === "absent") {
      assertNewNames(path, found.missing.length + 1);
      await finder.assertNoClash(path);
    }
    return (await this.#replace(found, bytes, read?.etag)) ? written : undefined;
  }

  async #replace(found: Found, bytes: Uint8Array, etag: string | undefined): Promise<boolean> {
    const made = found.kind === "absent" ? await makeFolders(found.missing) : [];
    let isDone = false;
    try {
      isDone = await this.#notes.replace(found.place, bytes, etag);
      return isDone;
    } finally {
      if (!isDone) await removeFolders(made);
    }
  }
}
