import { createHash } from "node:crypto";

import { AppError } from "@benchai/contract/errors";
import type { MemoryView, Provenance } from "@benchai/contract/memory";

import { gist, normalised } from "../../core/memory/normalise.ts";
import type { Db } from "./open.ts";
import { isoTime, jsonObject, whenSet } from "./rows.ts";

export type MemoryRow = {
  readonly id: number;
  readonly publicId: string;
  readonly ownerId: number;
  readonly namespace: string;
  readonly content: string;
  readonly category: string;
  readonly importance: number;
  readonly isPinned: number;
  readonly provenance: string;
  readonly batch: string | null;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly validFromMs: number;
  readonly validToMs: number | null;
  readonly supersededBy: string | null;
  readonly accessCount: number;
  readonly accessedMs: number | null;
};

export const memoryColumns = `m.id, m.public_id AS publicId, m.owner_id AS ownerId, m.namespace, m.content, m.category,
  m.importance, m.is_pinned AS isPinned, m.provenance, m.batch, m.created_ms AS createdMs, m.updated_ms AS updatedMs,
  m.valid_from_ms AS validFromMs, m.valid_to_ms AS validToMs, m.superseded_by AS supersededBy,
  m.access_count AS accessCount, m.accessed_ms AS accessedMs`;

/** Which memories a read may see. Without a namespace: all of the owner's; with one: it and the empty one. */
export type MemoryScope = {
  readonly owner: string;
  readonly namespace?: string | undefined;
  /** What was true at that time, in epoch ms. */
  readonly asOfMs: number;
};

/** The scope as SQL, with `scopeParameters`. Everything that leaves the store for a read goes through it. */
export const inScope = `m.owner_id = (SELECT id FROM owners WHERE name = :owner)
  AND (:namespace IS NULL OR m.namespace = '' OR m.namespace = :namespace)
  AND m.valid_from_ms <= :asOfMs AND (m.valid_to_ms IS NULL OR m.valid_to_ms > :asOfMs)`;

export function scopeParameters({ owner, namespace, asOfMs }: MemoryScope) {
  return { owner, namespace: namespace ?? null, asOfMs };
}

/** The owner's memory by its public id, whenever it was true; undefined when it is nobody's or somebody else's. */
export function findMemory(db: Db, owner: string, id: string): MemoryRow | undefined {
  return db
    .prepare<[string, string], MemoryRow>(
      `SELECT ${memoryColumns} FROM memories m JOIN owners o ON o.id = m.owner_id WHERE m.public_id = ? AND o.name = ?`,
    )
    .get(id, owner);
}

/** The same; 404 when there is none. */
export function requireMemory(db: Db, owner: string, id: string): MemoryRow {
  const row = findMemory(db, owner, id);
  if (row) return row;
  throw new AppError(
    "not_found",
    `there is no memory ${JSON.stringify(id)}; GET /v1/memory/recent lists yours`,
  );
}

/** As the API shows a memory. The order of the fields is the export's: it must not change. */
export function memoryView(row: MemoryRow): MemoryView {
  return {
    id: row.publicId,
    content: row.content,
    category: row.category,
    importance: row.importance,
    namespace: row.namespace,
    pinned: row.isPinned === 1,
    provenance: provenanceOf(jsonObject(row.provenance)),
    ...whenSet("batch", row.batch),
    created_at: isoTime(row.createdMs),
    updated_at: isoTime(row.updatedMs),
    valid_from: isoTime(row.validFromMs),
    ...whenSet("valid_to", row.validToMs === null ? null : isoTime(row.validToMs)),
    ...whenSet("superseded_by", row.supersededBy),
    access_count: row.accessCount,
    ...whenSet("accessed_at", row.accessedMs === null ? null : isoTime(row.accessedMs)),
  };
}

/** With its fields in one order, so that equal ones are equal bytes. */
export function provenanceOf({ conversation, turn, span, source }: Provenance): Provenance {
  return {
    ...(conversation === undefined ? {} : { conversation }),
    ...(turn === undefined ? {} : { turn }),
    ...(span === undefined ? {} : { span }),
    ...(source === undefined ? {} : { source }),
  };
}

/** Equal for exact duplicates. A hash, as the gist's is, so that the indexes over them hold no words. */
export function contentKey(content: string): string {
  return sha256(normalised(content));
}

/** Equal for near duplicates, and so for exact ones. */
export function gistKey(content: string): string {
  return sha256(gist(content) || normalised(content));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** Epoch ms of an ISO 8601 date or time; a time without a zone is UTC. 400 for anything else. */
export function epochMsOf(text: string, param: string): number {
  const isDate =
    /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d\d:?\d\d)?)?$/u.exec(text);
  const hasTime = text.length > 10 && isDate?.groups?.["zone"] === undefined;
  const ms = isDate ? Date.parse(hasTime ? `${text.replace(" ", "T")}Z` : text) : Number.NaN;
  if (Number.isSafeInteger(ms)) return ms;
  throw new AppError(
    "invalid_request",
    `\`${param}\` is no date; write 2026-11-23 or 2026-11-23T08:30:00Z (ISO 8601)`,
    { param },
  );
}
