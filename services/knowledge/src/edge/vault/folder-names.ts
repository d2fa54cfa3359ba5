import { readdir } from "node:fs/promises";

import { foldPath } from "../../core/vault/vault-names.ts";

/** The names in a folder, in all and by their form in NFC. */
type Listing = { readonly names: readonly string[]; readonly byNormal: ReadonlyMap<string, string> };

/** The names in folders, each listed once: to be held for one operation only. */
export class FolderNames {
  readonly #listings = new Map<string, Promise<Listing>>();

  /** The name on the disk for a name in NFC: the same one, or else one in another Unicode form. */
  async named(folder: string, name: string): Promise<string | undefined> {
    return (await this.#list(folder)).byNormal.get(name);
  }

  /** Names on the disk that differ from a name in NFC in their case. */
  async alike(folder: string, name: string): Promise<readonly string[]> {
    const folded = foldPath(name);
    const { names } = await this.#list(folder);
    return names.filter((other) => foldPath(other) === folded && other.normalize("NFC") !== name);
  }

  #list(folder: string): Promise<Listing> {
    const listing = this.#listings.get(folder) ?? list(folder);
    this.#listings.set(folder, listing);
    return listing;
  }
}

async function list(folder: string): Promise<Listing> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  const byNormal = new Map<string, string>();
  for (const name of names) {
    const normal = name.normalize("NFC");
    // Where both forms are there, the one that callers write is meant.
    if (name === normal || !byNormal.has(normal)) byNormal.set(normal, name);
  }
  return { names, byNormal };
}
