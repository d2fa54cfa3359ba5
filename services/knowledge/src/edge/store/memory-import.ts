import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";
import { type MemoryImportAnswer, MemoryRecord } from "@benchai/contract/memory";

import { type Refusal, refusalOf } from "../../core/memory/gate.ts";
import { equalTo, insertMemory } from "./memories-write.ts";
import {
  epochMsOf,
  findMemory,
  memoryColumns,
  type MemoryRow,
  memoryView,
  provenanceOf,
} from "./memory-rows.ts";
import type { Db } from "./open.ts";
import { ownerId } from "./owners.ts";
import { publicId } from "./rows.ts";

/** A memory that is to be imported; `row` names it in the report. */
export type Candidate = Omit<MemoryRow, "id" | "ownerId"> & { readonly row: number };

/** A page of the export as NDJSON, in the order of being added; go on after `last`, which is absent at the end. */
export function exportMemories(
  db: Db,
  { owner, after = 0, limit }: { readonly owner: string; readonly after?: number; readonly limit: number },
): { readonly lines: string; readonly last?: number } {
  const rows = db
    .prepare<[string, number, number], MemoryRow>(
      `SELECT ${memoryColumns} FROM memories m
       WHERE m.owner_id = (SELECT id FROM owners WHERE name = ?) AND m.id > ? ORDER BY m.id LIMIT ?`,
    )
    .all(owner, after, limit);
  const lines = rows.map((row) => `${JSON.stringify(memoryView(row))}\n`).join("");
  const last = rows.at(-1);
  return last ? { lines, last: last.id } : { lines };
}

/**
 * Reads an export back, all of it or, when a line is no memory, nothing (400 names the line). Ids are kept unless the
 * owner has them already, and then links between the imported ones follow.
 */
export function importLines(
  db: Db,
  { owner, ndjson, nowMs }: { readonly owner: string; readonly ndjson: string; readonly nowMs: number },
): MemoryImportAnswer {
  const candidates = ndjson
    .split("\n")
    .map((line, i) => ({ line, row: i + 1 }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, row }) => candidateOf(recordOf(line, row), row));
  return importCandidates(db, { owner, candidates, batch: undefined, nowMs });
}

function recordOf(line: string, row: number): MemoryRecord {
  const value = parsed(line, row);
  if (Value.Check(MemoryRecord, value)) return value;
  const [problem] = [...Value.Errors(MemoryRecord, value)];
  throw new AppError(
    "invalid_request",
    `line ${row}: ${problem?.instancePath || "the memory"} ${problem?.message ?? "is wrong"}; nothing was imported`,
  );
}

function parsed(line: string, row: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new AppError(
      "invalid_json",
      `line ${row} is no JSON; send one memory a line, as the export does; nothing was imported`,
      {
        cause: error,
      },
    );
  }
}

function candidateOf(record: MemoryRecord, row: number): Candidate {
  const ms = (name: "created_at" | "updated_at" | "valid_from") =>
    epochMsOf(record[name], `line ${row}: ${name}`);
  const optional = (name: "valid_to" | "accessed_at") =>
    record[name] === undefined ? null : epochMsOf(record[name], `line ${row}: ${name}`);
  return {
    row,
    publicId: record.id,
    namespace: record.namespace,
    content: record.content,
    category: record.category,
    importance: record.importance,
    isPinned: Number(record.pinned),
    provenance: JSON.stringify(provenanceOf(record.provenance)),
    batch: record.batch ?? null,
    createdMs: ms("created_at"),
    updatedMs: ms("updated_at"),
    validFromMs: ms("valid_from"),
    validToMs: optional("valid_to"),
    supersededBy: record.superseded_by ?? null,
    accessCount: record.access_count,
    accessedMs: optional("accessed_at"),
  };
}

const mostProblems = 100;

/**
 * Imports in one transaction. What is there already is a duplicate; secrets are refused; junk comes in, since it was
 * the owner's own, and is counted. `batch` marks the rows that have none.
 */
export function importCandidates(
  db: Db,
  call: {
    readonly owner: string;
    readonly candidates: readonly Candidate[];
    readonly batch: string | undefined;
    readonly nowMs: number;
  },
): MemoryImportAnswer {
  return db.transaction(() => importNow(db, call)).immediate();
}

/** What the gate would only doubt comes in, since somebody kept it before. */
function isFinal({ reason }: Refusal): boolean {
  return reason === "secret" || reason === "empty";
}

function importNow(
  db: Db,
  { owner, candidates, batch, nowMs }: Parameters<typeof importCandidates>[1],
): MemoryImportAnswer {
  const owners = ownerId(db, { name: owner });
  const names = new Map<string, string>();
  const problems: { row: number; reason: string }[] = [];
  const doubtful: Record<string, number> = {};
  const accepted: Candidate[] = [];
  let duplicates = 0;
  for (const candidate of candidates) {
    const refusal = refusalOf(candidate.content);
    if (refusal && isFinal(refusal)) {
      problems.push({ row: candidate.row, reason: refusal.message });
      continue;
    }
    const twin = twinOf(db, owners, owner, candidate, nowMs);
    if (twin) {
      names.set(candidate.publicId, twin.publicId);
      duplicates += 1;
      continue;
    }
    if (refusal) doubtful[refusal.reason] = (doubtful[refusal.reason] ?? 0) + 1;
    const free = findMemory(db, owner, candidate.publicId) ? publicId("mem") : candidate.publicId;
    names.set(candidate.publicId, free);
    insertMemory(db, {
      ...candidate,
      publicId: free,
      ownerId: owners,
      batch: candidate.batch ?? batch ?? null,
    });
    accepted.push(candidate);
  }
  relink(db, owners, accepted, names);
  return {
    status: "ok",
    imported: accepted.length,
    duplicates,
    refused: problems.length,
    problems: problems.slice(0, mostProblems),
    doubtful,
    ...(batch !== undefined && accepted.length > 0 ? { batch } : {}),
  };
}

/** An ended memory is its own twin only; one that is true now is also the twin of an equal statement. */
function twinOf(
  db: Db,
  owners: number,
  owner: string,
  candidate: Candidate,
  nowMs: number,
): MemoryRow | undefined {
  const { publicId: id, namespace, content, validToMs, validFromMs } = candidate;
  const known = findMemory(db, owner, id);
  if (known?.content === content && known.namespace === namespace && known.validFromMs === validFromMs)
    return known;
  return validToMs === null || validToMs > nowMs
    ? equalTo(db, { ownerId: owners, namespace, nowMs }, content)
    : undefined;
}

/** Where an id had to change, what was superseded by it names the new one. */
function relink(
  db: Db,
  owners: number,
  accepted: readonly Candidate[],
  names: ReadonlyMap<string, string>,
): void {
  const link = db.prepare("UPDATE memories SET superseded_by = ? WHERE owner_id = ? AND public_id = ?");
  for (const { publicId: id, supersededBy } of accepted) {
    const next = supersededBy === null ? undefined : names.get(supersededBy);
    if (next !== undefined && next !== supersededBy) link.run(next, owners, names.get(id));
  }
}
