import { spawnSync } from "node:child_process";
import { join } from "node:path";

import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";

import { count, fill, temporaryFolder } from "../../../test/folder.ts";
import { queryTerms } from "../../core/query.ts";
import { lexicalSearch } from "./lexical.ts";
import { migrations } from "./migrations.ts";
import { applicationId, type Db, migrate, openWriter, schemaVersion } from "./open.ts";

/** How a database of each version is filled. A new migration needs a line here: the version before it is then the past. */
const fillers: Readonly<Record<number, (db: Db) => void>> = {
  0: () => undefined,
  1: (db) => {
    fill(db);
    for (const index of ["chunk_index", "memory_index"])
      db.exec(`UPDATE ${index} SET scope = ltrim(scope, char(57344))`);
  },
  2: fill,
  3: fill,
  4: fill,
  5: fill,
};

function databaseOf(version: number): Db {
  const db = new Database(join(temporaryFolder(), "knowledge.db"));
  db.pragma("journal_mode = WAL");
  db.pragma("foreign_keys = ON");
  migrate(db, migrations.slice(0, version));
  fillers[version]?.(db);
  return db;
}

const countsOf = (db: Db): Record<string, number> =>
  Object.fromEntries(
    db
      .prepare<[], { name: string }>("SELECT name FROM pragma_table_list WHERE type IN ('table', 'virtual')")
      .all()
      .filter(({ name }) => !name.startsWith("sqlite_"))
      .map(({ name }) => [name, count(db, name)]),
  );

describe("the schema", () => {
  test("every version has rows to be tested with", () => {
    expect(Object.keys(fillers)).toHaveLength(migrations.length + 1);
  });

  test.each(Object.keys(fillers).map(Number))(
    "version %i becomes the newest and keeps every row",
    (version) => {
      const db = databaseOf(version);
      const before = countsOf(db);
      migrate(db);
      expect(schemaVersion(db)).toBe(migrations.length);
      expect(db.pragma("application_id", { simple: true })).toBe(applicationId);
      expect(countsOf(db)).toMatchObject(before);
      expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
      expect(db.pragma("foreign_key_check")).toEqual([]);
      if (version > 0) {
        expect(db.prepare("SELECT rowid FROM memory_index('statement')").all()).toHaveLength(20);
        const chunks = { scope: { ownerId: 1, collectionIds: [1] }, documents: "all", limit: 9 } as const;
        db.exec("INSERT INTO collections (owner_id, name, created_ms) VALUES (1, 'another', 0)");
        expect(lexicalSearch(db, { ...chunks, terms: queryTerms("fox") })).toHaveLength(1);
      }
      db.close();
    },
  );

  test("the second start changes nothing", () => {
    const path = join(temporaryFolder(), "knowledge.db");
    openWriter(path).close();
    const db = openWriter(path);
    expect(schemaVersion(db)).toBe(migrations.length);
    db.close();
  });

  test("of a newer program is refused and left alone", () => {
    const path = join(temporaryFolder(), "knowledge.db");
    const db = openWriter(path);
    db.pragma(`user_version = ${migrations.length + 3}`);
    db.close();
    expect(() => openWriter(path)).toThrow(
      new RegExp(
        `has version ${migrations.length + 3}, this program knows ${migrations.length}.*update`,
        "u",
      ),
    );
  });

  test("a step that fails changes nothing at all", () => {
    const db = databaseOf(1);
    const before = countsOf(db);
    const broken = [
      ...migrations.slice(0, 1),
      "DELETE FROM memories; CREATE TABLE half (id); SELECT nonsense",
    ];
    expect(() => migrate(db, broken)).toThrow(/nonsense/u);
    expect(schemaVersion(db)).toBe(1);
    expect(countsOf(db)).toEqual(before);
    db.close();
  });

  test("S51: SIGKILL in the middle of a step leaves the version before it, whole", () => {
    const path = join(temporaryFolder(), "knowledge.db");
    const db = openWriter(path);
    fill(db);
    const before = countsOf(db);
    db.close();
    const step = "DELETE FROM memories; CREATE TABLE half (id); SELECT die(); DROP TABLE chunks";
    const killed = spawnSync(process.execPath, ["--input-type=module", "--eval", dieInStep(path, step)], {
      encoding: "utf8",
      cwd: import.meta.dirname,
    });
    expect(killed.signal, killed.stderr).toBe("SIGKILL");
    const after = openWriter(path);
    expect(schemaVersion(after)).toBe(migrations.length);
    expect(countsOf(after)).toEqual(before);
    expect(after.pragma("integrity_check", { simple: true })).toBe("ok");
    after.close();
  });
});

/** A program that adds `step` to the migrations and is killed by the function that the step calls. */
const dieInStep = (path: string, step: string): string => `
  import Database from "better-sqlite3";
  import { queryTerms } from "../../core/query.ts";
import { lexicalSearch } from "./lexical.ts";
import { migrations } from "${import.meta.dirname}/migrations.ts";
  import { migrate } from "${import.meta.dirname}/open.ts";
  const db = new Database(${JSON.stringify(path)});
  db.function("die", () => process.kill(process.pid, "SIGKILL"));
  migrate(db, [...migrations, ${JSON.stringify(step)}]);`;
