import { AppError } from "@benchai/contract/errors";

import { isNote, problemOf } from "../../core/vault/path-rules.ts";
import { inBatches } from "./batches.ts";
import type { FileTimes, RestPlugin } from "./rest-plugin.ts";
import type { VaultFile } from "./vault.ts";

/** Paths by their form in NFC, as the vault spells them. */
export type SpelledPaths = ReadonlyMap<string, string>;

const requestsAtOnce = 6;
const mostFiles = 500_000;
/** Notes that came a moment ago are not in the index that a search looks at. */
const mostStragglers = 50;

/**
 * The vault's files, with sizes and times of its notes, for which one search is enough; before version 5 it makes
 * Obsidian read all notes, so it is not for every minute. Of an attachment the plugin tells neither without reading or
 * sending all of it: they are 0.
 */
export async function listRest(
  plugin: RestPlugin,
  signal: AbortSignal,
): Promise<{ readonly files: readonly VaultFile[]; readonly spelled: SpelledPaths }> {
  const spelled = await restPaths(plugin, signal);
  const known = await plugin.allTimes(signal);
  const notes = [...spelled].filter(([path]) => isNote(path));
  const unknown = notes.filter(([, spelling]) => known?.has(spelling) !== true);
  const times = new Map(known);
  if (!known || unknown.length <= mostStragglers)
    await inBatches(unknown, requestsAtOnce, async ([, spelling]) => {
      signal.throwIfAborted();
      const found = await plugin.times(spelling);
      if (found) times.set(spelling, found);
    });
  const files = [...spelled].map(([path, spelling]) => ({ path, ...(times.get(spelling) ?? unknownTimes) }));
  return { files, spelled };
}

const unknownTimes: FileTimes = { sizeBytes: 0, mtimeMs: 0 };

/** All paths, folder by folder; those that `vaultPath` refuses are left out. */
export async function restPaths(plugin: RestPlugin, signal?: AbortSignal): Promise<SpelledPaths> {
  const spelled = new Map<string, string>();
  let folders = [""];
  while (folders.length > 0) {
    const next: string[] = [];
    await inBatches(folders, requestsAtOnce, async (folder) => {
      for (const name of await plugin.names(folder, signal)) {
        const path = folder + name;
        if (problemOf(path.replace(/\/$/u, "")) !== undefined) continue;
        if (name.endsWith("/")) next.push(path);
        else spelled.set(path.normalize("NFC"), path);
      }
    });
    if (spelled.size + next.length > mostFiles)
      throw new AppError(
        "storage_unavailable",
        `the vault has more than ${mostFiles} files, which is too many`,
      );
    folders = next;
  }
  return spelled;
}

/** What lies beside each folder of a path, and beside itself; folders with a slash at their end. */
export async function aroundPath(plugin: RestPlugin, path: string): Promise<readonly string[]> {
  const parts = path.split("/");
  const folders = parts.map((_, depth) =>
    parts
      .slice(0, depth)
      .map((part) => `${part}/`)
      .join(""),
  );
  const found: string[] = [];
  await inBatches(folders, requestsAtOnce, async (folder) => {
    for (const name of await plugin.names(folder)) found.push(folder + name);
  });
  return found;
}
