import type { Db } from "./open.ts";

/** The row id of an owner, made when the name is new. */
export function ownerId(db: Db, { name }: { readonly name: string }): number {
  const known = db.prepare<[string], { id: number }>("SELECT id FROM owners WHERE name = ?").get(name);
  return known?.id ?? Number(db.prepare("INSERT INTO owners (name) VALUES (?)").run(name).lastInsertRowid);
}
