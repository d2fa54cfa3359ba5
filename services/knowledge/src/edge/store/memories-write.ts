import { AppError } from "@benchai/contract/errors";
import type { MemoryAddAnswer, MemoryAddRequest, MemoryPatch, MemoryView } from "@benchai/contract/memory";

import { refusalOf } from "../../core/memory/gate.ts";
import { indexParts } from "../../core/parts.ts";
import {
  contentKey,
  epochMsOf,
  gistKey,
  memoryColumns,
  type MemoryRow,
  memoryView,
  provenanceOf,
  requireMemory,
} from "./memory-rows.ts";
import type { Db } from "./open.ts";
import { ownerId } from "./owners.ts";
import { publicId } from "./rows.ts";
import { ownerScope } from "../../core/scope-token.ts";

export type Added = Pick<MemoryAddAnswer, "outcome" | "memory">;

/**
 * Remembers a statement, unless the gate refuses it (422 `memory_refused`) or the namespace has it already. What
 * is there is decided in the transaction that writes, and there is one writer, so of two equal ones one wins.
 */
export function addMemory(
  db: Db,
  call: {
    readonly owner: string;
    readonly request: MemoryAddRequest;
    readonly batch?: string | undefined;
    readonly nowMs: number;
  },
): Added {
  requireWorthy(call.request.content);
  return db.transaction(() => addNow(db, call)).immediate();
}

function addNow(db: Db, { owner, request, batch, nowMs }: Parameters<typeof addMemory>[1]): Added {
  const { content, namespace = "", valid_from, supersedes } = request;
  const fromMs = valid_from === undefined ? nowMs : epochMsOf(valid_from, "valid_from");
  const former = supersedes === undefined ? undefined : endable(db, owner, supersedes, fromMs);
  const owners = ownerId(db, { name: owner });
  const place = { ownerId: owners, namespace, nowMs };
  // What supersedes may differ in a word that the gist leaves out.
  const twin = equalTo(db, place, content) ?? (former ? undefined : nearTo(db, place, content));
  if (twin) {
    if (former && former.id !== twin.id) end(db, former, twin.publicId, fromMs);
    const isSame = contentKey(twin.content) === contentKey(content);
    return { outcome: isSame ? "duplicate" : "near_duplicate", memory: memoryView(twin) };
  }
  const id = insertMemory(db, { ...newRow(request, place), batch: batch ?? null, validFromMs: fromMs });
  if (former) end(db, former, id, fromMs);
  return { outcome: "added", memory: memoryView(requireMemory(db, owner, id)) };
}

function newRow(
  { content, category = "general", importance = 0.5, pinned, provenance = {} }: MemoryAddRequest,
  { ownerId: owners, namespace, nowMs }: Place,
) {
  return {
    publicId: publicId("mem"),
    ownerId: owners,
    namespace,
    content,
    category,
    importance,
    isPinned: pinned === true ? 1 : 0,
    provenance: JSON.stringify(provenanceOf(provenance)),
    createdMs: nowMs,
    updatedMs: nowMs,
    validToMs: null,
    supersededBy: null,
    accessCount: 0,
    accessedMs: null,
  };
}

/** Writes one row with its index; the caller has a transaction open and knows that the id and the statement are free. */
export function insertMemory(db: Db, row: Omit<MemoryRow, "id">): string {
  const { lastInsertRowid } = db
    .prepare(insertSql)
    .run({ ...row, contentKey: contentKey(row.content), gistKey: gistKey(row.content) });
  index(db, Number(lastInsertRowid), row.ownerId, row.content);
  return row.publicId;
}

const insertSql = `
  INSERT INTO memories (public_id, owner_id, namespace, content, content_key, gist_key, category, importance, is_pinned, provenance,
    batch, created_ms, updated_ms, valid_from_ms, valid_to_ms, superseded_by, access_count, accessed_ms)
  VALUES (:publicId, :ownerId, :namespace, :content, :contentKey, :gistKey, :category, :importance, :isPinned, :provenance,
    :batch, :createdMs, :updatedMs, :validFromMs, :validToMs, :supersededBy, :accessCount, :accessedMs)`;

/**
 * Changes what the patch names. A changed text is gated as a new one, its old words and vector are erased, and 409
 * answers when the namespace has the same statement already. The caller checkpoints (`settle`).
 */
export function changeMemory(
  db: Db,
  { owner, id, patch, nowMs }: { owner: string; id: string; patch: MemoryPatch; nowMs: number },
): MemoryView {
  if (patch.content !== undefined) requireWorthy(patch.content);
  const change = db.transaction(() => {
    const before = requireMemory(db, owner, id);
    const after = patched(before, patch, nowMs);
    const isNewText = after.content !== before.content;
    const twin = after.validToMs === null ? equalTo(db, { ...after, nowMs }, after.content) : undefined;
    if (twin && twin.id !== before.id)
      throw new AppError(
        "conflict",
        `memory ${twin.publicId} says the same in this namespace; delete one of the two`,
      );
    db.prepare(updateSql).run({
      ...after,
      contentKey: contentKey(after.content),
      gistKey: gistKey(after.content),
    });
    if (isNewText) {
      db.prepare("DELETE FROM memory_index WHERE rowid = ?").run(before.id);
      db.prepare("DELETE FROM memory_vectors WHERE memory_id = ?").run(before.id);
      index(db, before.id, before.ownerId, after.content);
    }
    return isNewText;
  });
  if (change.immediate()) settle(db);
  return memoryView(requireMemory(db, owner, id));
}

const updateSql = `
  UPDATE memories SET namespace = :namespace, content = :content, content_key = :contentKey, gist_key = :gistKey, category = :category,
    importance = :importance, is_pinned = :isPinned, updated_ms = :updatedMs, valid_to_ms = :validToMs,
    superseded_by = :supersededBy WHERE id = :id`;

function patched(row: MemoryRow, patch: MemoryPatch, nowMs: number): MemoryRow {
  const { valid_to } = patch;
  const validToMs = typeof valid_to === "string" ? epochMsOf(valid_to, "valid_to") : null;
  if (validToMs !== null && validToMs < row.validFromMs)
    throw new AppError("invalid_request", "`valid_to` is before the memory's valid_from", {
      param: "valid_to",
    });
  return {
    ...row,
    content: patch.content ?? row.content,
    category: patch.category ?? row.category,
    importance: patch.importance ?? row.importance,
    namespace: patch.namespace ?? row.namespace,
    isPinned: patch.pinned === undefined ? row.isPinned : Number(patch.pinned),
    // A pin or a category is no news: only another text makes it fresh again.
    updatedMs: patch.content === undefined ? row.updatedMs : nowMs,
    validToMs: valid_to === undefined ? row.validToMs : validToMs,
    supersededBy: valid_to === undefined ? row.supersededBy : null,
  };
}

/**
 * Erases a memory: row, words, vector, and what the write-ahead log still has of them. `isErased` is false when a
 * reader kept the log open for longer than the busy timeout; then the bytes go with the next checkpoint.
 */
export function forgetMemory(
  db: Db,
  { owner, id }: { owner: string; id: string },
): { readonly isErased: boolean } {
  db.transaction(() => deleteRows(db, [requireMemory(db, owner, id)])).immediate();
  return { isErased: settle(db) };
}

/** Undoes an extraction or an import: erases all it added. 404 when the owner has nothing of it. */
export function forgetBatch(
  db: Db,
  { owner, batch }: { owner: string; batch: string },
): { readonly deleted: number; readonly isErased: boolean } {
  const deleted = db
    .transaction(() => {
      const rows = db
        .prepare<[string, string], MemoryRow>(
          `SELECT ${memoryColumns} FROM memories m JOIN owners o ON o.id = m.owner_id WHERE o.name = ? AND m.batch = ?`,
        )
        .all(owner, batch);
      if (rows.length === 0)
        throw new AppError(
          "not_found",
          `there is no batch ${JSON.stringify(batch)}; a memory's \`batch\` names its own`,
        );
      deleteRows(db, rows);
      return rows.length;
    })
    .immediate();
  return { deleted, isErased: settle(db) };
}

function deleteRows(db: Db, rows: readonly MemoryRow[]): void {
  const unlink = db.prepare(
    "UPDATE memories SET superseded_by = NULL WHERE owner_id = ? AND superseded_by = ?",
  );
  const remove = db.prepare("DELETE FROM memories WHERE id = ?");
  const owners = new Set(rows.map((row) => row.ownerId));
  const isLinked = db.prepare<[number]>(
    "SELECT 1 FROM memories WHERE owner_id = ? AND superseded_by IS NOT NULL",
  );
  const linked = new Set([...owners].filter((owner) => isLinked.get(owner) !== undefined));
  for (const { id, ownerId: owner, publicId: name } of rows) {
    remove.run(id);
    if (linked.has(owner)) unlink.run(owner, name);
  }
}

/** Writes the log into the file and empties it. `secure_delete` zeroes in both what was deleted. False while a reader holds the log. */
export function settle(db: Db): boolean {
  return db.pragma("wal_checkpoint(TRUNCATE)", { simple: true }) === 0;
}

/** Counts that memories were shown. Called in batches, after the reads they belong to. */
export function noteAccess(
  db: Db,
  { accesses }: { accesses: readonly { owner: string; ids: readonly string[]; atMs: number }[] },
): void {
  const note = db.prepare(
    `UPDATE memories SET access_count = access_count + 1, accessed_ms = max(coalesce(accessed_ms, 0), ?)
     WHERE public_id = ? AND owner_id = (SELECT id FROM owners WHERE name = ?)`,
  );
  db.transaction(() => {
    for (const { owner, ids, atMs } of accesses) for (const id of ids) note.run(atMs, id, owner);
  }).immediate();
}

/** Merges the index into one segment, refreshes the planner's statistics and empties the log. */
export function optimizeMemories(db: Db): { readonly isErased: boolean } {
  db.exec("INSERT INTO memory_index(memory_index) VALUES ('optimize')");
  db.pragma("optimize");
  return { isErased: settle(db) };
}

function requireWorthy(content: string): void {
  const refusal = refusalOf(content);
  if (refusal)
    throw new AppError("memory_refused", `not remembered: ${refusal.message}`, { param: "content" });
}

/** The memory that is to be superseded; 409 when it has ended already. */
function endable(db: Db, owner: string, id: string, endMs: number): MemoryRow {
  const row = requireMemory(db, owner, id);
  if (row.validToMs !== null)
    throw new AppError(
      "conflict",
      `memory ${id} has ended already${row.supersededBy === null ? "" : `; supersede ${row.supersededBy}`}`,
    );
  if (endMs < row.validFromMs)
    throw new AppError(
      "invalid_request",
      "`valid_from` is before the beginning of the memory it supersedes",
      {
        param: "valid_from",
      },
    );
  return row;
}

function end(db: Db, { id, validFromMs }: MemoryRow, supersededBy: string, endMs: number): void {
  db.prepare("UPDATE memories SET valid_to_ms = ?, superseded_by = ? WHERE id = ?").run(
    Math.max(endMs, validFromMs),
    supersededBy,
    id,
  );
}

type Place = Pick<MemoryRow, "ownerId" | "namespace"> & { readonly nowMs: number };

/** The same statement in the same namespace, true now. */
export function equalTo(db: Db, place: Place, content: string): MemoryRow | undefined {
  const key = contentKey(content);
  return withGist(db, place, content).find((row) => contentKey(row.content) === key);
}

/** One that says the same in nearly the same words. */
function nearTo(db: Db, place: Place, content: string): MemoryRow | undefined {
  return withGist(db, place, content)[0];
}

/** Until further notice first: an unlimited one stands in the unique index. */
function withGist(db: Db, place: Place, content: string): MemoryRow[] {
  return db
    .prepare<unknown[], MemoryRow>(
      `SELECT ${memoryColumns} FROM memories m
       WHERE m.owner_id = :ownerId AND m.namespace = :namespace AND m.gist_key = :gistKey
         AND (m.valid_to_ms IS NULL OR m.valid_to_ms > :nowMs)
       ORDER BY m.valid_to_ms IS NULL DESC, m.id`,
    )
    .all({ ...place, gistKey: gistKey(content) });
}

function index(db: Db, id: number, owners: number, content: string): void {
  db.prepare("INSERT INTO memory_index(rowid, content, parts, scope) VALUES (?, ?, ?, ?)").run(
    id,
    content,
    indexParts(content),
    ownerScope(owners),
  );
}
