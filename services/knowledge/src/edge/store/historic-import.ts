import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import Database from "better-sqlite3";

import { AppError } from "@benchai/contract/errors";
import type { MemoryImportAnswer } from "@benchai/contract/memory";

import {
  historicColumns,
  historicMemory,
  type HistoricMemory,
  historicTables,
  importanceScale,
} from "../../core/memory/historic.ts";
import { type Candidate, importCandidates } from "./memory-import.ts";
import type { Db } from "./open.ts";
import { publicId } from "./rows.ts";

/** Larger files and more rows than the original ever had are somebody's attempt. */
const largestDatabaseBytes = 256 * 1_024 * 1_024;
/** One page (sqlite.org/fileformat2.html). */
const smallestDatabaseBytes = 512;
const mostRows = 200_000;
/** In bytes; a longer text is refused, and never read into memory. */
const longestContent = 65_536;

/**
 * Imports the original's `benchai_memory.db` or `enhanced.db`, given as bytes. The file is taken for hostile: a copy is
 * opened read-only with an untrusted schema, only plain tables of the known names are read, and nothing that is
 * defined in it runs. 422 when it is not such a database.
 */
export function importHistoric(
  db: Db,
  { owner, bytes, name, nowMs }: { owner: string; bytes: Uint8Array; name: string; nowMs: number },
): MemoryImportAnswer {
  if (bytes.byteLength > largestDatabaseBytes)
    throw new AppError(
      "body_too_large",
      `the database is larger than ${largestDatabaseBytes / 1_048_576} MB`,
    );
  const beginning = new TextDecoder("latin1").decode(bytes.subarray(0, 16));
  if (beginning !== "SQLite format 3\0" || bytes.length < smallestDatabaseBytes)
    throw unreadable("it does not begin as one; send the file's bytes as they are");
  const { memories, skipped } = readCopy(bytes, nowMs);
  const batch = publicId("batch");
  const candidates = memories.map((memory) => candidateOf(memory, name, batch));
  const answer = importCandidates(db, { owner, candidates, batch, nowMs });
  return {
    ...answer,
    refused: answer.refused + skipped.length,
    problems: [...answer.problems, ...skipped].slice(0, 100),
  };
}

type Skipped = { readonly row: number; readonly reason: string };
type Read = { readonly memories: HistoricMemory[]; readonly skipped: Skipped[] };

function readCopy(bytes: Uint8Array, nowMs: number): Read {
  const folder = mkdtempSync(join(tmpdir(), "benchai-import-"));
  const path = join(folder, "import.db");
  try {
    writeFileSync(path, forRollbackJournal(bytes), { mode: 0o600 });
    return readDatabase(path, nowMs);
  } catch (error) {
    if (error instanceof Database.SqliteError) throw unreadable(`SQLite says ${error.code}`, error);
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A copy whose header (bytes 18 and 19: write and read version) says "rollback journal": a file in WAL mode cannot be
 * opened read-only without its log. Source: sqlite.org/fileformat2.html.
 */
function forRollbackJournal(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set([1, 1], 18);
  return copy;
}

function readDatabase(path: string, nowMs: number): Read {
  const source = new Database(path, { readonly: true, fileMustExist: true });
  try {
    source.pragma("trusted_schema = OFF");
    source.pragma("cell_size_check = ON");
    source.pragma("query_only = ON");
    const tables = historicTables.filter((table) => isPlainTable(source, table));
    if (tables.length === 0) throw unreadable("it has no table `memories` or `memories_v2`");
    const reads = tables.map((table) => readTable(source, table, nowMs));
    return { memories: reads.flatMap((r) => r.memories), skipped: reads.flatMap((r) => r.skipped) };
  } finally {
    source.close();
  }
}

/** Not a view, not a virtual table: reading either runs what the file says. */
function isPlainTable(source: Db, table: string): boolean {
  const row = source
    .prepare<[string], { type: string }>(
      "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?",
    )
    .get(table);
  return row?.type === "table";
}

function readTable(source: Db, table: (typeof historicTables)[number], nowMs: number): Read {
  const columns = plainColumns(source, table);
  if (!columns.includes("content")) throw unreadable(`its table ${table} has no column content`);
  const maximum = columns.includes("importance")
    ? source
        .prepare<[]>(`SELECT max(importance) FROM ${table} WHERE typeof(importance) IN ('integer', 'real')`)
        .pluck()
        .get()
    : 1;
  const scale = importanceScale(table, typeof maximum === "number" ? maximum : 1);
  const wanted = columns.map((column) =>
    column === "content"
      ? `CASE WHEN length(CAST(content AS BLOB)) <= ${longestContent} THEN content END AS content`
      : column,
  );
  const id = columns.includes("id") ? "" : ", rowid AS id";
  const read: Read = { memories: [], skipped: [] };
  const rows = source
    .prepare<[], Record<string, unknown>>(
      `SELECT ${wanted.join(", ")}${id} FROM ${table} LIMIT ${mostRows + 1}`,
    )
    .iterate();
  let seen = 0;
  for (const row of rows) {
    seen += 1;
    if (seen > mostRows) throw unreadable(`its table ${table} has more than ${mostRows} rows`);
    const memory = historicMemory(row, scale, nowMs);
    if (memory) read.memories.push(memory);
    else read.skipped.push({ row: Number(row["id"]) || 0, reason: skipReason(row) });
  }
  return read;
}

function skipReason(row: Record<string, unknown>): string {
  const merged = row["consolidated_into"];
  if (merged !== undefined && merged !== null) return "it had been merged into another memory";
  return `its content is missing, no text, or longer than ${longestContent} bytes`;
}

/** Of the columns we know, those the table stores; a generated one is an expression of the file's. */
function plainColumns(source: Db, table: string): string[] {
  const stored = new Set(
    source
      .prepare<[string], { name: string; hidden: number }>("SELECT name, hidden FROM pragma_table_xinfo(?)")
      .all(table)
      .filter(({ hidden }) => hidden === 0)
      .map(({ name }) => name.toLowerCase()),
  );
  return historicColumns.filter((column) => stored.has(column));
}

function candidateOf(memory: HistoricMemory, name: string, batch: string): Candidate {
  const { row, content, category, importance, createdMs, accessedMs, accessCount } = memory;
  return {
    row,
    publicId: publicId("mem"),
    namespace: "",
    content,
    category,
    importance,
    isPinned: 0,
    provenance: JSON.stringify({ source: `${name}#${row}` }),
    batch,
    createdMs,
    updatedMs: createdMs,
    validFromMs: createdMs,
    validToMs: null,
    supersededBy: null,
    accessCount,
    accessedMs,
  };
}

function unreadable(why: string, cause?: unknown): AppError {
  return new AppError("document_unreadable", `this is no memory database of the original: ${why}`, { cause });
}
