import type { MemoryHit, MemoryStats, MemoryView } from "@benchai/contract/memory";

import { bearsOn } from "../../core/memory/bearing.ts";
import { relevance } from "../../core/memory/rank.ts";
import { lexicalQuery } from "../../core/match-expression.ts";
import { dot } from "../../core/unit-vector.ts";
import {
  inScope,
  memoryColumns,
  type MemoryRow,
  type MemoryScope,
  memoryView,
  requireMemory,
  scopeParameters,
} from "./memory-rows.ts";
import type { Db } from "./open.ts";
import { ownerScope } from "../../core/scope-token.ts";

/** The question's unit vector and the row id of the model that made it. */
export type QuestionVector = { readonly modelId: number; readonly unit: Float32Array };

export type MemorySearch = MemoryScope & {
  readonly query: string;
  readonly limit: number;
  readonly nowMs: number;
  /** Without it, words alone decide. */
  readonly vector?: QuestionVector | undefined;
};

/** What each leg hands to ranking. Standing moves a place by a third at most, so more could not come up. */
const legSize = 200;
/** Meaning that is nearer than this is taken for a find by itself; below it, vectors are noise. */
const nearEnough = 0.5;

/** The memories that fit a question by words or meaning, best first. Never an error, whatever is asked for. */
export function searchMemories(db: Db, search: MemorySearch): MemoryHit[] {
  const lexical = lexicalLeg(db, search);
  const dense = denseLeg(db, search);
  const rows = rowsOf(db, search, [...new Set([...lexical.keys(), ...dense.keys()])]);
  const best = Math.max(...lexical.values(), Number.MIN_VALUE);
  return rows
    .map((row) => {
      const words = (lexical.get(row.id) ?? 0) / best;
      const fit = { lexical: words, dense: search.vector && (dense.get(row.id) ?? 0) };
      return {
        ...memoryView(row),
        relevance: relevance(fit, { ...row, isPinned: row.isPinned === 1 }, search.nowMs),
      };
    })
    .toSorted(
      (a, b) => b.relevance - a.relevance || compare(b.created_at, a.created_at) || compare(a.id, b.id),
    )
    .slice(0, search.limit);
}

/** Only what bears on the question: what may stand in a prompt. Nothing for an unrelated one. */
export function relevantMemories(db: Db, search: MemorySearch): MemoryHit[] {
  return searchMemories(db, { ...search, vector: undefined, limit: legSize })
    .filter(({ content }) => bearsOn(search.query, content))
    .slice(0, search.limit);
}

/** The newest first, as of a time. `before` is the last id of the page before. */
export function recentMemories(
  db: Db,
  {
    limit,
    category,
    before,
    ...scope
  }: MemoryScope & {
    readonly limit: number;
    readonly category?: string | undefined;
    readonly before?: string | undefined;
  },
): MemoryView[] {
  const last = before === undefined ? undefined : requireMemory(db, scope.owner, before);
  return db
    .prepare<Record<string, unknown>, MemoryRow>(
      `SELECT ${memoryColumns} FROM memories m WHERE ${inScope} AND (:category IS NULL OR m.category = :category)
       AND (:lastMs IS NULL OR (m.created_ms, m.id) < (:lastMs, :lastId))
       ORDER BY m.created_ms DESC, m.id DESC LIMIT :limit`,
    )
    .all({
      ...scopeParameters(scope),
      category: category ?? null,
      lastMs: last?.createdMs ?? null,
      lastId: last?.id ?? null,
      limit,
    })
    .map(memoryView);
}

/** One memory, also one that has ended; 404 when the owner has none of this id. */
export function getMemory(
  db: Db,
  { owner, id }: { readonly owner: string; readonly id: string },
): MemoryView {
  return memoryView(requireMemory(db, owner, id));
}

/** The owner's counts; `total_memories` counts what is true now. */
export function memoryStats(
  db: Db,
  { owner, nowMs }: { readonly owner: string; readonly nowMs: number },
): MemoryStats {
  const scope = scopeParameters({ owner, asOfMs: nowMs });
  const by = (column: "category" | "namespace") =>
    Object.fromEntries(
      db
        .prepare<typeof scope, { name: string; n: number }>(
          `SELECT m.${column} AS name, count(*) AS n FROM memories m WHERE ${inScope} GROUP BY m.${column} ORDER BY m.${column}`,
        )
        .all(scope)
        .map(({ name, n }) => [name, n]),
    );
  const totals = db
    .prepare<
      Record<string, unknown>,
      { total: number; conversations: number; pinned: number; superseded: number }
    >(
      `SELECT count(*) AS total, count(DISTINCT m.provenance ->> 'conversation') AS conversations,
         count(*) FILTER (WHERE m.is_pinned = 1) AS pinned,
         (SELECT count(*) FROM memories s WHERE s.owner_id = (SELECT id FROM owners WHERE name = :owner)
            AND s.valid_to_ms <= :asOfMs) AS superseded
       FROM memories m WHERE ${inScope}`,
    )
    .get(scope);
  return {
    total_memories: totals?.total ?? 0,
    total_conversations: totals?.conversations ?? 0,
    by_category: by("category"),
    fts5_enabled: true,
    journal_mode: String(db.pragma("journal_mode", { simple: true })),
    db_size_bytes:
      Number(db.pragma("page_count", { simple: true })) * Number(db.pragma("page_size", { simple: true })),
    by_namespace: by("namespace"),
    superseded: totals?.superseded ?? 0,
    pinned: totals?.pinned ?? 0,
  };
}

/** Score by row id, best first. */
function lexicalLeg(db: Db, search: MemorySearch): ReadonlyMap<number, number> {
  const owner = db
    .prepare<[string], number>("SELECT id FROM owners WHERE name = ?")
    .pluck()
    .get(search.owner);
  const match = owner === undefined ? undefined : lexicalQuery(search.query, { scopes: [ownerScope(owner)] });
  if (match === undefined) return new Map();
  const rows = db
    .prepare<Record<string, unknown>, { id: number; score: number }>(
      `SELECT m.id, -memory_index.rank AS score FROM memory_index JOIN memories m ON m.id = memory_index.rowid
       WHERE memory_index MATCH :match AND rank MATCH 'bm25(1.0, 0.5, 0.0)' AND ${inScope} ORDER BY rank LIMIT ${legSize}`,
    )
    .all({ ...scopeParameters(search), match });
  return new Map(rows.map(({ id, score }) => [id, score]));
}

/** Cosine by row id: every vector of the scope is compared. */
function denseLeg(db: Db, search: MemorySearch): ReadonlyMap<number, number> {
  const { vector } = search;
  if (!vector) return new Map();
  const vectors = db
    .prepare<Record<string, unknown>, { id: number; unit: Buffer }>(
      `SELECT m.id, v.unit FROM memory_vectors v JOIN memories m ON m.id = v.memory_id
       WHERE v.model_id = :modelId AND ${inScope}`,
    )
    .iterate({ ...scopeParameters(search), modelId: vector.modelId });
  const near: [number, number][] = [];
  for (const { id, unit } of vectors) {
    if (unit.byteLength !== vector.unit.byteLength) continue;
    const cosine = dot(vector.unit, floats(unit));
    if (cosine >= nearEnough) near.push([id, cosine]);
  }
  return new Map(near.toSorted((a, b) => b[1] - a[1]).slice(0, legSize));
}

/** The scope is checked once more, where text leaves the store. */
function rowsOf(db: Db, scope: MemoryScope, ids: readonly number[]): MemoryRow[] {
  return db
    .prepare<Record<string, unknown>, MemoryRow>(
      `SELECT ${memoryColumns} FROM memories m WHERE m.id IN (SELECT value FROM json_each(:ids)) AND ${inScope}`,
    )
    .all({ ...scopeParameters(scope), ids: JSON.stringify(ids) });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A blob may lie at an address that floats cannot; then it is copied. */
function floats(blob: Buffer): Float32Array {
  if (blob.byteOffset % 4 === 0) return new Float32Array(blob.buffer, blob.byteOffset, blob.byteLength / 4);
  return new Float32Array(new Uint8Array(blob).buffer);
}
