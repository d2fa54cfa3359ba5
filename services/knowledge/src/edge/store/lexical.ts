import picomatch from "picomatch";

import { AppError } from "@benchai/contract/errors";
import type { DocumentFilter } from "@benchai/contract/rag";

import { matchExpression } from "../../core/match-expression.ts";
import type { QueryTerm } from "../../core/query.ts";
import { foldField } from "../../core/vault/note-content.ts";
import { collectionScope } from "../../core/scope-token.ts";
import { enoughHits, planTerms, type TermBudget, type TermPlan, usualBudget } from "../../core/term-plan.ts";
import type { SearchScope } from "./hits.ts";
import type { Db } from "./open.ts";
import { chunkCount, documentFrequencies } from "./term-frequencies.ts";
import { documentsLinkingTo } from "./vault-notes.ts";

/** A chunk that a leg found; the higher the score, the better. */
export type ScoredChunk = { readonly chunkId: number; readonly score: number };

/** Row ids of documents, or all there are in the scope. */
export type DocumentSelection = "all" | readonly number[];

/**
 * bm25's weights of title, heading, body, parts and scope. What stands in a title counts twice; `parts` repeats what
 * the body says already, so it counts half; the scope tells nothing.
 */
const weights = "2.0, 1.5, 1.0, 0.5, 0.0";

type LexicalCall = {
  readonly terms: readonly QueryTerm[];
  readonly scope: SearchScope;
  readonly documents: DocumentSelection;
  readonly limit: number;
};

/**
 * The chunks that hold any of the terms, best first by bm25 with its sign turned, within the scope and the selection. In a large
 * index only chunks with one of the rarer terms are ranked, by all terms but the commonest; more are, where the
 * selection leaves too few of them.
 */
export function lexicalSearch(db: Db, call: LexicalCall): readonly ScoredChunk[] {
  // One moment's truth: no collection can come between finding that the scope holds all of them and the search.
  return db.transaction(() => {
    const frequencies = documentFrequencies(
      db,
      call.terms.flatMap((term) => term.words),
    );
    const within = withinScope(db, call.scope);
    for (let budget = within.budget; ; budget = times(budget, 4)) {
      const plan = planTerms(call.terms, frequencies, budget);
      const rows = rank(db, plan, within, call);
      if (plan.isWhole || rows.length >= Math.min(call.limit, enoughHits)) return rows;
    }
  })();
}

function times({ ranked, walked }: TermBudget, factor: number): TermBudget {
  return { ranked: ranked * factor, walked: walked * factor };
}

function rank(
  db: Db,
  plan: TermPlan,
  { tokens, condition }: Within,
  { scope, documents, limit }: LexicalCall,
): readonly ScoredChunk[] {
  const match = matchExpression(plan, tokens);
  if (match === undefined) return [];
  const conditions = [condition, documents === "all" ? "" : amongDocuments].join(" ");
  const rows = db.prepare<[object], ScoredChunk>(searchSql(conditions)).all({
    match,
    limit,
    collections: JSON.stringify(scope.collectionIds),
    documents: JSON.stringify(documents),
  });
  return rows.toSorted((a, b) => b.score - a.score || a.chunkId - b.chunkId);
}

/** How a search is kept within its scope: by tokens in the index, or by a condition that each hit is held against. */
type Within = {
  readonly tokens: readonly string[] | "everything";
  readonly condition: string;
  readonly budget: TermBudget;
};

/** FTS5 walks a token's whole list: past this it is quicker to ask of each hit, best first, where it belongs. */
const mostOfToken = 20_000;

function withinScope(db: Db, { collectionIds }: SearchScope): Within {
  const others = db
    .prepare<[string], number>(
      "SELECT count(*) FROM collections WHERE id NOT IN (SELECT value FROM json_each(?))",
    )
    .pluck()
    .get(JSON.stringify(collectionIds));
  if (others === 0) return { tokens: "everything", condition: "", budget: usualBudget };
  const tokens = collectionIds.map(collectionScope);
  const counts = documentFrequencies(db, tokens);
  const entries = tokens.reduce((sum, token) => sum + (counts.get(token) ?? 0), 0);
  if (entries > mostOfToken) return { tokens: "everything", condition: inCollections, budget: usualBudget };
  // Of what the gate lets in, only the scope's share is ranked; the rest is walked past.
  const share = entries / Math.max(chunkCount(db), 1);
  const ranked = Math.round(usualBudget.ranked / Math.max(share, 1 / 8));
  return { tokens, condition: "", budget: { ...usualBudget, ranked } };
}

const inCollections = `AND EXISTS (
  SELECT 1 FROM chunks k JOIN documents d ON d.id = k.document_id
  WHERE k.id = chunk_index.rowid AND d.collection_id IN (SELECT value FROM json_each(:collections)))`;

const amongDocuments = `AND rowid IN (
  SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(:documents)))`;

function searchSql(conditions: string): string {
  return `SELECT rowid AS chunkId, -rank AS score FROM chunk_index
    WHERE chunk_index MATCH :match AND rank MATCH 'bm25(${weights})' ${conditions} ORDER BY rank LIMIT :limit`;
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
    fields: JSON.stringify(foldedFields(filter.fields)),
    links: JSON.stringify(filter.links_to === undefined ? null : linkingTo(db, scope, filter.links_to)),
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
      WHERE NOT EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = wanted.value COLLATE NOCASE))
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:fields) wanted
      WHERE NOT EXISTS (SELECT 1 FROM note_fields f WHERE f.document_id = d.id
        AND f.key = wanted.value ->> 0 AND f.value = wanted.value ->> 1))
    AND (:links = 'null' OR d.id IN (SELECT value FROM json_each(:links)))`;

function foldedFields(fields: DocumentFilter["fields"] = {}): readonly (readonly [string, string])[] {
  return Object.entries(fields).map(([key, value]) => [foldField(key), foldField(value)]);
}

/** In whichever of the scope's vaults the note is. */
function linkingTo(db: Db, { collectionIds }: SearchScope, path: string): readonly number[] {
  const vaults = db
    .prepare<[string], number>(
      "SELECT id FROM sources WHERE kind = 'vault' AND collection_id IN (SELECT value FROM json_each(?))",
    )
    .pluck()
    .all(JSON.stringify(collectionIds));
  return vaults.flatMap((sourceId) => documentsLinkingTo(db, { sourceId, path }));
}

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
