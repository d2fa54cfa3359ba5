import Database from "better-sqlite3";

import type { Db } from "./open.ts";

/** No document was written for so long: nobody's folder is being indexed. */
const quietMs = 1_000;
/** Pages that a step writes. What is urgent waits for it: 34 ms, 56 for the longest of 88 steps. */
const stepPages = 128;

/**
 * Merges the segments of the full-text index when no documents are being written, a step at a time, so that other calls go
 * between. While a folder is indexed, merging would take a sixth of the writer's time; left alone, every edit would look through
 * all segments for the words it removes (a note of 20 kB: 0.7 s of CPU in 59 segments, 0.1 s in one).
 */
export class IdleMerge {
  readonly #db: Db;
  #next: NodeJS.Timeout | undefined;

  /** What an earlier process left is merged too. */
  constructor(db: Db) {
    this.#db = db;
    this.postpone();
  }

  /** To be called when documents were written. */
  postpone(): void {
    this.#stepIn(quietMs);
  }

  #stepIn(ms: number): void {
    clearTimeout(this.#next);
    this.#next = setTimeout(() => this.#step(), ms);
  }

  #step(): void {
    try {
      if (mergeStep(this.#db)) this.#stepIn(0);
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
      // A disk that is full or away is told by the next call that writes; the index is whole as it is.
    }
  }
}

/** Whether there was something to merge, and so may be more. */
export function mergeStep(db: Db, pages = stepPages): boolean {
  const changes = db.prepare<[], number>("SELECT total_changes()").pluck();
  const before = changes.get() ?? 0;
  db.exec(`INSERT INTO chunk_index(chunk_index, rank) VALUES ('merge', ${pages})`);
  // The command itself counts as one (SQLite, FTS5, "The 'merge' Command").
  return (changes.get() ?? 0) - before >= 2;
}
