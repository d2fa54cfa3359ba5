import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { indexParts } from "../../services/knowledge/src/core/parts.ts";
import { openWriter } from "../../services/knowledge/src/edge/store/open.ts";
import { parseDocument } from "../../services/knowledge/src/parsers/parse.ts";

/** As many bytes as the service puts into a transaction. */
const batchBytes = 1024 * 1024;

/**
 * What SQLite's full-text index alone takes for the chunks of a folder's notes, in seconds of CPU: the same columns, tokenizer, settings
 * and batches, and no other table; reading and parsing are not counted. The least that any service on FTS5 can take.
 */
export async function bareIndexCpuS(folder: string, database: string): Promise<number> {
  const chunks: string[][] = [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".md"),
  );
  for (const path of names) {
    const parsed = await parseDocument({ path, bytes: readFileSync(join(folder, path)) });
    for (const { headingPath, text } of parsed.chunks)
      chunks.push([parsed.title, headingPath.join(" "), text, indexParts(text), "c1"]);
  }
  const db = openWriter(database, []);
  db.exec(
    `CREATE VIRTUAL TABLE chunk_index USING fts5(title, heading, body, parts, scope, tokenize = 'porter unicode61 remove_diacritics 2');
     INSERT INTO chunk_index(chunk_index, rank) VALUES ('hashsize', 4194304), ('automerge', 64), ('crisismerge', 128)`,
  );
  const insert = db.prepare<string[]>("INSERT INTO chunk_index VALUES (?, ?, ?, ?, ?)");
  const started = process.cpuUsage();
  db.exec("BEGIN");
  let bytes = 0;
  for (const chunk of chunks) {
    insert.run(...chunk);
    bytes += chunk[2]?.length ?? 0;
    if (bytes < batchBytes) continue;
    db.exec("COMMIT; BEGIN");
    bytes = 0;
  }
  db.exec("COMMIT");
  const { user, system } = process.cpuUsage(started);
  db.close();
  return (user + system) / 1e6;
}
