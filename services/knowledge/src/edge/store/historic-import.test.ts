import { readFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";
import { beforeEach, describe, expect, it, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { count, temporaryFolder } from "../../../test/folder.ts";
import { importHistoric } from "./historic-import.ts";
import { searchMemories } from "./memories-read.ts";
import { forgetBatch } from "./memories-write.ts";
import { type Db, openWriter } from "./open.ts";

const nowMs = Date.parse("2026-11-24T00:00:00Z");
let db: Db;
beforeEach(() => {
  db = openWriter(join(temporaryFolder(), "knowledge.db"));
  return () => void db.close();
});

/** A database of the original's, as bytes. */
function historic(fill: (source: Db) => void): Buffer {
  const path = join(temporaryFolder(), "old.db");
  const source = new Database(path);
  source.unsafeMode();
  fill(source);
  source.close();
  return readFileSync(path);
}
const bring = (bytes: Uint8Array, name = "benchai_memory.db") =>
  importHistoric(db, { owner: "ann", bytes, name, nowMs });
const found = (query: string) => searchMemories(db, { owner: "ann", query, limit: 10, asOfMs: nowMs, nowMs });
const codeOf = (work: () => unknown): string => {
  try {
    return JSON.stringify(work());
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
};

describe("the original's databases", () => {
  it("S56: `memories` comes in with category, importance and time, duplicates and refusals counted", () => {
    const bytes = historic((source) => {
      source.pragma("journal_mode = WAL");
      source.exec(`CREATE TABLE memories (id INTEGER PRIMARY KEY, content TEXT, category TEXT, importance INTEGER, created_at TEXT);
        CREATE VIRTUAL TABLE memories_fts USING fts5(content);
        INSERT INTO memories VALUES (1, 'likes green tea', 'preference', 10, '2024-03-01 12:30:00'), (2, 'Likes green tea.', 'general', 5, '2024-03-02'),
          (3, 'thanks', 'general', 1, '2024-03-02T00:00:00+01:00'), (4, 'my password is hunter2', 'fact', 5, NULL), (5, NULL, 'fact', 5, 'rubbish'),
          (6, 'lives in Graz', '', 5, 'rubbish'), (7, x'00ff', 'fact', 1, NULL);`);
    });
    const answer = bring(bytes);
    expect(answer).toMatchObject({ imported: 3, duplicates: 1, refused: 3, doubtful: { small_talk: 1 } });
    expect(answer.problems.map((p) => p.row).toSorted((a, b) => a - b)).toEqual([4, 5, 7]);
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(found("green tea")).toMatchObject([
      {
        category: "preference",
        importance: 1,
        created_at: "2024-03-01T12:30:00.000Z",
        valid_from: "2024-03-01T12:30:00.000Z",
        provenance: { source: "benchai_memory.db#1" },
        batch: answer.batch,
      },
    ]);
    expect(found("Graz")).toMatchObject([
      { category: "general", importance: 0.5, created_at: "2026-11-24T00:00:00.000Z" },
    ]);
    expect(bring(bytes)).toMatchObject({ imported: 0, duplicates: 4 });
    expect(forgetBatch(db, { owner: "ann", batch: answer.batch ?? "" })).toMatchObject({ deleted: 3 });
  });

  it("`memories` with nothing but contents", () => {
    const bytes = historic((source) =>
      source.exec("CREATE TABLE memories (content TEXT); INSERT INTO memories VALUES ('drinks cocoa')"),
    );
    expect(bring(bytes)).toMatchObject({ imported: 1 });
    expect(found("cocoa")).toMatchObject([{ category: "general", importance: 0.5 }]);
  });

  test.each([
    ["REAL", [0.25, 1], [0.25, 1]],
    ["INTEGER", [1, 5], [0.2, 1]],
    ["INTEGER", [3, 10], [0.3, 1]],
  ] as const)("importance as %s %j means %j", (type, given, meant) => {
    const bytes = historic((source) => {
      source.exec(`CREATE TABLE memories (id INTEGER, content TEXT, importance ${type})`);
      given.forEach((importance, i) =>
        source.prepare("INSERT INTO memories VALUES (?, ?, ?)").run(i, `tea number ${i}`, importance),
      );
    });
    bring(bytes);
    expect(
      found("tea")
        .map((m) => m.importance)
        .toSorted((a, b) => a - b),
    ).toEqual(meant);
  });

  it("`memories_v2` comes in with its use; what was merged stays out", () => {
    const bytes = historic((source) =>
      source.exec(`CREATE TABLE memories_v2 (id INTEGER PRIMARY KEY, content TEXT NOT NULL, memory_type TEXT, category TEXT, importance INTEGER, source TEXT,
          metadata JSON, created_at TIMESTAMP, accessed_at TIMESTAMP, access_count INTEGER, embedding_hash TEXT, consolidated_into INTEGER);
        INSERT INTO memories_v2 VALUES (1, 'builds with pnpm', 'semantic', NULL, 3, 'chat', '{}', '2025-01-01T00:00:00.5', '2025-02-01 00:00:00', 7, 'h', NULL),
          (2, 'builds with npm', 'semantic', 'code', 3, 'chat', '{}', '2025-01-01', NULL, 0, 'h', 1);`),
    );
    expect(bring(bytes, "enhanced.db")).toMatchObject({ imported: 1, refused: 1 });
    expect(found("builds")).toMatchObject([
      {
        category: "semantic",
        importance: 0.6,
        access_count: 7,
        accessed_at: "2025-02-01T00:00:00.000Z",
        created_at: "2025-01-01T00:00:00.500Z",
      },
    ]);
  });
});

describe("a hostile database", () => {
  const good = () =>
    historic((source) =>
      source.exec(
        "CREATE TABLE memories (id INTEGER PRIMARY KEY, content TEXT); INSERT INTO memories VALUES (1, 'likes tea')",
      ),
    );

  it.each([
    ["no SQLite", () => Buffer.from("hello")],
    ["nothing", () => Buffer.alloc(0)],
    ["a header alone", () => Buffer.from("SQLite format 3\0")],
    ["another database", () => historic((source) => source.exec("CREATE TABLE x (y)"))],
    [
      "a view",
      () =>
        historic((source) =>
          source.exec(
            "CREATE VIEW memories AS WITH RECURSIVE c(id, content) AS (SELECT 1, 'x' UNION ALL SELECT id + 1, content FROM c) SELECT * FROM c",
          ),
        ),
    ],
    [
      "a virtual table",
      () => historic((source) => source.exec("CREATE VIRTUAL TABLE memories USING fts5(content)")),
    ],
    ["no column content", () => historic((source) => source.exec("CREATE TABLE memories (id INTEGER)"))],
    [
      "a generated column",
      () =>
        historic((source) =>
          source.exec(
            "CREATE TABLE memories (id INTEGER, content TEXT GENERATED ALWAYS AS (hex(zeroblob(100000000))) VIRTUAL); INSERT INTO memories(id) VALUES (1)",
          ),
        ),
    ],
    [
      "a table's second half",
      () => {
        const bytes = good();
        return bytes.subarray(0, bytes.length / 2);
      },
    ],
    [
      "pages of noise",
      () => {
        const bytes = good();
        bytes.fill(0xa5, 100);
        return bytes;
      },
    ],
    [
      "a broken schema",
      () =>
        historic((source) => {
          source.exec("CREATE TABLE memories (id INTEGER, content TEXT)");
          source.pragma("writable_schema = ON");
          source.exec("UPDATE sqlite_schema SET sql = 'CREATE TABLE memories (('");
        }),
    ],
  ])("that is %s is refused and leaves nothing", (_name, make) => {
    expect(codeOf(() => bring(make()))).toBe("document_unreadable");
    expect(count(db, "memories")).toBe(0);
  });

  it("runs none of its triggers, and a huge row is left out", () => {
    const bytes = historic((source) => {
      source.exec(`CREATE TABLE memories (id INTEGER PRIMARY KEY, content TEXT, category TEXT DEFAULT (hex(randomblob(9))));
        INSERT INTO memories VALUES (1, 'likes tea', 'fact');
        CREATE TRIGGER t AFTER INSERT ON memories BEGIN DELETE FROM memories; END;
        CREATE VIEW memories_v2 AS SELECT 1 AS id, 'from a view' AS content;`);
      source.exec("DROP TRIGGER t");
      source.prepare("INSERT INTO memories VALUES (2, ?, 'fact')").run("x".repeat(5_000_000));
    });
    expect(bring(bytes)).toMatchObject({ imported: 1, refused: 1 });
    expect(found("view")).toEqual([]);
  });

  it("of any bytes after a good header never brings anything but a clear error or its rows", () => {
    const bytes = good();
    let at = 7;
    const random = (n: number) => (at = (at * 48_271) % 2_147_483_647) % n;
    for (let run = 0; run < 150; run += 1) {
      const broken = Buffer.from(bytes);
      for (let i = 0; i < 12; i += 1)
        broken[16 + random(run % 2 === 0 ? 300 : broken.length - 16)] = random(256);
      expect(codeOf(() => bring(broken))).toMatch(/^document_unreadable$|^\{"status":"ok"/u);
    }
  });
});
