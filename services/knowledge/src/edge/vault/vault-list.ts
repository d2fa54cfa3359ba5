import { isUtf8 } from "node:buffer";
import type { Dirent } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { problemOf } from "../../core/vault/path-rules.ts";
import { folderAway } from "../paths.ts";
import { inBatches } from "./batches.ts";
import { hasCode, statsOf } from "./disk.ts";
import { isStagedName } from "./staging.ts";
import type { VaultFile } from "./vault.ts";

/** libuv has four threads unless told otherwise. */
const statsAtOnce = 16;

/** A name in a folder of the vault; `path` is in NFC, `file` as it is on the disk. */
type Entry = {
  readonly entry: Dirent<Buffer>;
  readonly name: string;
  readonly path: string;
  readonly file: string;
};

/**
 * All notes and attachments below the root. Names that `vaultPath` refuses are left out, and so is what lies in folders
 * that may not be read. Links are not followed.
 */
export async function listVault(root: string, signal?: AbortSignal): Promise<readonly VaultFile[]> {
  const files = new Map<string, VaultFile>();
  for await (const entries of walk(root, signal)) {
    const regular = entries.filter(({ entry, path }) => entry.isFile() && problemOf(path) === undefined);
    await inBatches(regular, statsAtOnce, async (entry) => {
      const file = await look(entry);
      if (file) files.set(file.path, file);
    });
  }
  return [...files.values()];
}

async function look({ path, file }: Entry): Promise<VaultFile | undefined> {
  const stats = await statsOf(file);
  return stats?.isFile() === true ? { path, sizeBytes: stats.size, mtimeMs: stats.mtimeMs } : undefined;
}

/** Removes what processes that were killed have staged, and nothing that is newer than `beforeMs`. */
export async function removeStaged(root: string, beforeMs: number): Promise<void> {
  for await (const entries of walk(root)) {
    for (const { file, name, entry } of entries) {
      if (!entry.isFile() || !isStagedName(name)) continue;
      const stats = await statsOf(file);
      if (!stats || stats.ctimeMs >= beforeMs) continue;
      await rm(file, { force: true });
    }
  }
}

/** The entries of each folder that Obsidian shows. */
async function* walk(root: string, signal?: AbortSignal): AsyncGenerator<readonly Entry[]> {
  const waiting = [{ folder: root, path: "" }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    signal?.throwIfAborted();
    const { folder, path } = next;
    const entries = (await list(root, folder)).flatMap((entry) => {
      const name = entry.name.toString("utf8");
      if (!isUtf8(entry.name)) return [];
      return [{ entry, name, path: `${path}${name}`.normalize("NFC"), file: join(folder, name) }];
    });
    const folders = entries.filter(({ entry, path: p }) => entry.isDirectory() && problemOf(p) === undefined);
    waiting.push(...folders.map(({ file, path: p }) => ({ folder: file, path: `${p}/` })));
    yield entries;
  }
}

async function list(root: string, folder: string): Promise<readonly Dirent<Buffer>[]> {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: "buffer" });
  } catch (error) {
    if (folder === root) throw folderAway(root, error);
    if (hasCode(error, ["ENOENT", "ENOTDIR", "EACCES"])) return [];
    throw error;
  }
}
