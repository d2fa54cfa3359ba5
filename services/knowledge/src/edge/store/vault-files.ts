import type { Db } from "./open.ts";

/** Makes `paths` the files of a vault; one that is there already costs nothing. Answers whether anything changed. */
export function setVaultFiles(
  db: Db,
  { sourceId, paths }: { readonly sourceId: number; readonly paths: readonly string[] },
): boolean {
  const insert = db.prepare("INSERT INTO vault_files (source_id, path) VALUES (?, ?)");
  const remove = db.prepare("DELETE FROM vault_files WHERE source_id = ? AND path = ?");
  return db.transaction(() => {
    const wanted = new Set(paths);
    const known = new Set(vaultFiles(db, { sourceId }));
    const added = wanted.difference(known);
    const removed = known.difference(wanted);
    for (const path of added) insert.run(sourceId, path);
    for (const path of removed) remove.run(sourceId, path);
    if (added.size + removed.size === 0) return false;
    db.prepare("UPDATE sources SET files_revision = files_revision + 1 WHERE id = ?").run(sourceId);
    return true;
  })();
}

export function vaultFiles(db: Db, { sourceId }: { readonly sourceId: number }): string[] {
  return db
    .prepare<[number], string>("SELECT path FROM vault_files WHERE source_id = ?")
    .pluck()
    .all(sourceId);
}
