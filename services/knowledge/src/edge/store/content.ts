import { createHash, type Hash } from "node:crypto";

import type { Db } from "./open.ts";

/** All that a database says, counted and hashed: equal for two files exactly when they hold the same rows. */
export type ContentSummary = {
  readonly rows: Readonly<Record<string, number>>;
  readonly sha256: string;
};

/**
 * Reads every row of every table, those behind the full-text indexes too. Within one transaction, or on a file that
 * nobody writes, it is one moment's truth.
 */
export function contentOf(db: Db): ContentSummary {
  const hash = createHash("sha256");
  const tables = db
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name",
    )
    .all();
  const rows = Object.fromEntries(tables.map(({ name }) => [name, hashTable(db, name, hash)]));
  return { rows, sha256: hash.digest("hex") };
}

function hashTable(db: Db, table: string, hash: Hash): number {
  let count = 0;
  hash.update(`\n${table}\n`);
  // By rowid, whatever indexes there are.
  for (const row of db.prepare<[], unknown[]>(`SELECT * FROM "${table}" NOT INDEXED`).raw().iterate()) {
    count += 1;
    hash.update(JSON.stringify(row.map((value) => (Buffer.isBuffer(value) ? value.length : value))));
    for (const value of row) if (Buffer.isBuffer(value)) hash.update(value);
  }
  return count;
}
