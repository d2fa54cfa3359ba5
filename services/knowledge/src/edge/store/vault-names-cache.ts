import { VaultNames } from "../../core/vault/vault-names.ts";
import type { Db } from "./open.ts";
import { vaultFiles } from "./vault-files.ts";

type Known = { readonly revision: number; readonly names: VaultNames };

const caches = new WeakMap<Db, Map<number, Known>>();

/** The names of a vault's files, as a connection knows them: built anew when the list has changed. */
export function vaultFileNames(db: Db, sourceId: number): VaultNames {
  const cache = caches.get(db) ?? new Map<number, Known>();
  caches.set(db, cache);
  const revision =
    db.prepare<[number], number>("SELECT files_revision FROM sources WHERE id = ?").pluck().get(sourceId) ??
    0;
  const known = cache.get(sourceId);
  if (known?.revision === revision) return known.names;
  const names = new VaultNames(vaultFiles(db, { sourceId }));
  cache.set(sourceId, { revision, names });
  return names;
}
