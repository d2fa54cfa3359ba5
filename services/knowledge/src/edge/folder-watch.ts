import { type FSWatcher, watch } from "node:fs";
import { statfs } from "node:fs/promises";

/**
 * File systems whose events do not arrive, by their number (statfs(2)): FUSE (which virtiofs and Docker Desktop's
 * shares are too), 9p, NFS, SMB, SMB2, CIFS, VirtualBox shares.
 */
const silentFileSystems = new Set([
  0x65735546, 0x01021997, 0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x786f4256,
]);

/** Whether inotify can be expected to tell of changes below this folder. */
async function isWatchable(folder: string): Promise<boolean> {
  try {
    const { type } = await statfs(folder);
    // Some platforms give the 32 bits with a sign.
    return !silentFileSystems.has(type >>> 0);
  } catch {
    return false;
  }
}

/** Rings when anything changes in the folders that it was told of, one system watch each. */
class FolderWatch {
  readonly #ring: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #failure: string | undefined;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  get isWatching(): boolean {
    return this.#watchers.size > 0;
  }

  /**
   * Watches exactly these folders. `isNew`: some were not watched before. `failure`: not all can be watched, as the
   * system's limits are reached (`ENOSPC`: fs.inotify.max_user_watches, `EMFILE`: max_user_instances).
   */
  follow(folders: readonly string[]): { readonly isNew: boolean; readonly failure: string | undefined } {
    const wanted = new Set(folders);
    for (const [folder, watcher] of this.#watchers) if (!wanted.has(folder)) this.#drop(folder, watcher);
    const before = this.#watchers.size;
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#add(folder);
    return { isNew: this.#watchers.size > before, failure: this.#failure };
  }

  close(): void {
    for (const [folder, watcher] of this.#watchers) this.#drop(folder, watcher);
  }

  #add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        // A folder that is deleted or replaced says so by its own name; its next incarnation is watched anew.
        if (event === "rename" && name !== null && folder.endsWith(`/${name}`)) this.#drop(folder, watcher);
        this.#ring();
      });
      watcher.on("error", () => {
        this.#drop(folder, watcher);
        this.#ring();
      });
      this.#watchers.set(folder, watcher);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
      // Gone since the look: the next one finds out.
      if (code !== "ENOENT") this.#failure = code;
      else this.#ring();
    }
  }

  #drop(folder: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder);
  }
}

/** What a watcher needs of the system, so that tests can make it deaf. */
export type SystemWatch = {
  isWatchable(folder: string): Promise<boolean>;
  watchFolders(ring: () => void): Pick<FolderWatch, "isWatching" | "follow" | "close">;
};

export const systemWatch: SystemWatch = { isWatchable, watchFolders: (ring) => new FolderWatch(ring) };
