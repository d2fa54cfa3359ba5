import Database from "better-sqlite3";

import type { Db } from "./open.ts";

/** A connection's view of the index's vocabulary, and what it has counted so far. */
type Vocabulary = {
  readonly frequencyOf: Database.Statement<[string], { doc: number }>;
  readonly counted: Map<string, number>;
  /** How many chunks there were when the counts were begun. */
  chunks: number;
};

const vocabularies = new WeakMap<Db, Vocabulary>();

/** Counting a common word means walking its whole list, so counts are kept until the index has changed by this share. */
const staleShare = 0.05;
const mostCounts = 50_000;

/** In how many chunks each word stands, after stemming. Counts may lag behind the index by a few percent. */
export function documentFrequencies(db: Db, words: readonly string[]): ReadonlyMap<string, number> {
  const vocabulary = vocabularyOf(db);
  const chunks = chunkCount(db);
  if (
    Math.abs(chunks - vocabulary.chunks) > staleShare * vocabulary.chunks ||
    vocabulary.counted.size > mostCounts
  ) {
    vocabulary.counted.clear();
    vocabulary.chunks = chunks;
  }
  const stems = stemmed(words);
  return new Map(words.map((word, i) => [word, frequency(vocabulary, stems[i] ?? "")]));
}

/** How many chunks there are, of all owners: what a frequency is a share of. */
export function chunkCount(db: Db): number {
  return db.prepare<[], { n: number }>("SELECT count(*) AS n FROM chunks").get()?.n ?? 0;
}

function frequency({ counted, frequencyOf }: Vocabulary, stem: string): number {
  const known = counted.get(stem);
  if (known !== undefined) return known;
  const count = frequencyOf.get(stem)?.doc ?? 0;
  // Absent words are not remembered: the next document may bring them.
  if (count > 0) counted.set(stem, count);
  return count;
}

function vocabularyOf(db: Db): Vocabulary {
  const known = vocabularies.get(db);
  if (known) return known;
  // A temporary table of the connection; nothing is written to the file, but `query_only` forbids even that.
  const isQueryOnly = db.pragma("query_only", { simple: true }) === 1;
  db.pragma("query_only = OFF");
  db.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.chunk_terms USING fts5vocab(main, chunk_index, row)");
  if (isQueryOnly) db.pragma("query_only = ON");
  const frequencyOf = db.prepare<[string], { doc: number }>(
    "SELECT doc FROM temp.chunk_terms WHERE term = ?",
  );
  const vocabulary = { frequencyOf, counted: new Map<string, number>(), chunks: 0 };
  vocabularies.set(db, vocabulary);
  return vocabulary;
}

/** An index of nothing, with the tokenizer of the real one: the only exact way to its stems. */
const tokenizer = (() => {
  const db = new Database(":memory:");
  db.exec(`CREATE VIRTUAL TABLE words USING fts5(word, tokenize = 'porter unicode61 remove_diacritics 2');
    CREATE VIRTUAL TABLE stems USING fts5vocab(words, instance)`);
  return {
    insert: db.prepare<[number, string]>("INSERT INTO words(rowid, word) VALUES (?, ?)"),
    read: db.prepare<[], { doc: number; term: string }>("SELECT doc, term FROM stems"),
    clear: db.prepare("DELETE FROM words"),
    inOne: (work: () => void) => db.transaction(work)(),
  };
})();

/** The stem under which the index knows each word; undefined for one it cannot hold. */
export function stemmed(words: readonly string[]): readonly (string | undefined)[] {
  const stems: (string | undefined)[] = Array.from({ length: words.length }, () => undefined);
  tokenizer.inOne(() => {
    for (const [i, word] of words.entries()) tokenizer.insert.run(i + 1, word);
    for (const { doc, term } of tokenizer.read.all()) stems[doc - 1] ??= term;
    tokenizer.clear.run();
  });
  return stems;
}

/** All stems of a text, as the index would hold them. */
export function stemsOf(text: string): ReadonlySet<string> {
  let stems: readonly string[] = [];
  tokenizer.inOne(() => {
    tokenizer.insert.run(1, text);
    stems = tokenizer.read.all().map(({ term }) => term);
    tokenizer.clear.run();
  });
  return new Set(stems);
}
