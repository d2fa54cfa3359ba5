import picomatch from "picomatch";

import { AppError } from "@benchai/contract/errors";
import type { DocumentFilter } from "@benchai/contract/rag";

import { matchExpression, type QueryTerm } from "../../core/query.ts";
import { selectiveTerms } from "../../core/selective.ts";
import type { SearchScope } from "./hits.ts";
import type { Db } from "./open.ts";
import { documentFrequencies } from "./term-frequencies.ts";

/** A chunk that a leg found; the higher the score, the better. */
export type ScoredChunk = { readonly chunkId: number; readonly score: number };

/** Row ids of documents, or all there are in the scope. */
export type DocumentSelection = "all" | readonly number[];

/**
 * bm25's weights of title, heading, body, parts and scope. What stands in a title counts twice; `parts` repeats what
 * the body says already, so it counts half; the scope tells nothing.
 */
const weights = "2.0, 1.5, 1.0, 0.5, 0.0";

/**
 * The chunks that hold any of the terms, best first by bm25 with its sign turned. What the scope and the selection
 * leave out is not ranked at all. In a large index the commonest terms are dropped while rarer ones
 * remain: they cost the most and move the least.
 */
export function lexicalSearch(
  db: Db,
  {
    terms,
    scope,
    documents,
    limit,
  }: {
    readonly terms: readonly QueryTerm[];
    readonly scope: SearchScope;
    readonly documents: DocumentSelection;
    readonly limit: number;
  },
): readonly ScoredChunk[] {
  // One moment's truth: no collection can come between finding that the scope holds all of them and the search.
  return db.transaction(() => {
    const words = terms.flatMap((term) => term.words);
    const selective = selectiveTerms(terms, documentFrequencies(db, words));
    const match = matchExpression(selective, scopesOf(db, scope));
    if (match === undefined) return [];
    const rows =
      documents === "all"
        ? db.prepare<[string, number], ScoredChunk>(searchSql("")).all(match, limit)
        : db
            .prepare<[string, string, number], ScoredChunk>(searchSql(amongDocuments))
            .all(match, JSON.stringify(documents), limit);
    return rows.toSorted((a, b) => b.score - a.score || a.chunkId - b.chunkId);
  })();
}

/**
 * The scope's tokens, or `everything` where it holds all collections there are: FTS5 walks a token's whole list, which at
 * 100,000 chunks is as long as the rest of the search.
 */
function scopesOf(db: Db, { collectionIds }: SearchScope): readonly string[] | "everything" {
  const others = db
    .prepare<[string], number>(
      "SELECT count(*) FROM collections WHERE id NOT IN (SELECT value FROM json_each(?))",
    )
    .pluck()
    .get(JSON.stringify(collectionIds));
  return others === 0 ? "everything" : collectionIds.map((id) => `c${id}`);
}

const amongDocuments = `AND rowid IN (
  SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(?)))`;

function searchSql(condition: string): string {
  return `SELECT rowid AS chunkId, -rank AS score FROM chunk_index
    WHERE chunk_index MATCH ? AND rank MATCH 'bm25(${weights})' ${condition} ORDER BY rank LIMIT ?`;
}

/** The documents of a scope that a filter lets through; `all` when it asks for nothing. 400 for what is no date. */
export function resolveDocuments(
  db: Db,
  { scope, filter }: { readonly scope: SearchScope; readonly filter: DocumentFilter | undefined },
): DocumentSelection {
  if (!filter || Object.values(filter).every((condition) => condition === undefined)) return "all";
  const rows = db.prepare<Record<string, string | number>, { id: number; path: string }>(documentsSql).all({
    owner: scope.ownerId,
    collections: JSON.stringify(scope.collectionIds),
    tags: JSON.stringify([...new Set(filter.tags)]),
    after: epochMs(filter.after, -Infinity),
    before: epochMs(filter.before, Infinity),
  });
  const fits = filter.path === undefined ? () => true : pathMatcher(filter.path);
  return rows.filter(({ path }) => fits(path)).map(({ id }) => id);
}

const documentsSql = `
  SELECT d.id, d.path FROM documents d JOIN collections c ON c.id = d.collection_id
  WHERE c.owner_id = :owner AND c.id IN (SELECT value FROM json_each(:collections))
    AND d.date_ms >= :after AND d.date_ms < :before
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:tags) wanted
      WHERE NOT EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = wanted.value))`;

/** As in `.gitignore`: a pattern without a slash matches the name at any depth, and one that names a folder all below it. */
function pathMatcher(pattern: string): (path: string) => boolean {
  const rooted = pattern.replace(/^\//u, "");
  const isAnchored = pattern.replace(/\/$/u, "").includes("/");
  const base = (isAnchored ? rooted : `**/${rooted}`).replace(/\/$/u, "");
  return picomatch([base, `${base}/**`], { dot: true });
}

function epochMs(date: string | undefined, otherwise: number): number {
  if (date === undefined) return otherwise;
  const ms = Date.parse(date);
  if (!Number.isNaN(ms)) return ms;
  throw new AppError(
    "invalid_request",
    `${JSON.stringify(date)} is no date; write 2026-11-23 or a time as in ISO 8601`,
    {
      param: "filter",
    },
  );
}
