import type { Db } from "./open.ts";

/** Rows without the rows they belong to; all zero in a sound database. */
export type Orphans = {
  readonly chunksWithoutDocument: number;
  readonly chunksWithoutText: number;
  readonly textsWithoutChunk: number;
  readonly vectorsWithoutChunk: number;
  readonly documentsWithoutSource: number;
  /** Documents whose chunks are not numbered 0, 1, 2, …: half of one. */
  readonly documentsWithGaps: number;
};

/** Counts what hangs in the air. Reads every id once: 100,000 chunks take a fraction of a second. */
export function checkIntegrityOfIndex(db: Db): Orphans {
  const count = (sql: string) => db.prepare<[], number>(`SELECT count(*) FROM ${sql}`).pluck().get() ?? 0;
  // The content table is asked, not the index: its rowids come without a scan of the text.
  return {
    chunksWithoutDocument: count("chunks WHERE document_id NOT IN (SELECT id FROM documents)"),
    chunksWithoutText: count("chunks WHERE id NOT IN (SELECT id FROM chunk_index_content)"),
    textsWithoutChunk: count("chunk_index_content WHERE id NOT IN (SELECT id FROM chunks)"),
    vectorsWithoutChunk: count("chunk_vectors WHERE chunk_id NOT IN (SELECT id FROM chunks)"),
    documentsWithoutSource: count("documents WHERE source_id NOT IN (SELECT id FROM sources)"),
    documentsWithGaps: count(
      `(SELECT 1 FROM chunks GROUP BY document_id HAVING min(ordinal) <> 0 OR max(ordinal) <> count(*) - 1)`,
    ),
  };
}

/**
 * Moves the write-ahead log into the file and cuts it to nothing, so that deleted bytes are in neither. False while a
 * reader still needs the log: the next call does it.
 */
export function truncateWal(db: Db): boolean {
  // The first column of the answer says whether somebody was in the way (SQLite, PRAGMA wal_checkpoint).
  return Number(db.pragma("wal_checkpoint(TRUNCATE)", { simple: true })) === 0;
}
