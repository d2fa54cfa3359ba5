import type { TurnReport } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";

import { addMemory, type Added, settle } from "./memories-write.ts";
import type { MemoryAddRequest } from "@benchai/contract/memory";
import type { Db } from "./open.ts";
import { ownerId } from "./owners.ts";

/** A turn that waits to be read for memories. */
export type WaitingTurn = {
  readonly id: number;
  readonly owner: string;
  readonly namespace: string;
  readonly conversation: string;
  readonly messages: TurnReport["messages"];
};

/** A turn that could not be read so often is dropped. */
const mostAttempts = 3;
/** Waiting turns of one owner: a model that never comes must not fill the disk. */
const mostWaiting = 5_000;
/** UTF-16 units of a turn's messages; more than that is pasted material. */
const longestTurn = 200_000;

/** Keeps a turn until the machine is idle. 429 when too many wait, 413 when it is too long. */
export function keepTurn(
  db: Db,
  { owner, turn, nowMs }: { owner: string; turn: TurnReport; nowMs: number },
): void {
  const messages = JSON.stringify(turn.messages);
  if (messages.length > longestTurn)
    throw new AppError("body_too_large", `a turn of more than ${longestTurn} characters is not kept`);
  const keep = db.transaction(() => {
    const owners = ownerId(db, { name: owner });
    const waiting =
      db.prepare<[number], number>("SELECT count(*) FROM turns WHERE owner_id = ?").pluck().get(owners) ?? 0;
    if (waiting >= mostWaiting)
      throw new AppError(
        "queue_full",
        `${waiting} turns wait to be read for memories; is an extraction model configured?`,
        {
          retryAfterS: 60,
        },
      );
    db.prepare(
      "INSERT INTO turns(owner_id, namespace, conversation, messages, created_ms) VALUES (?, ?, ?, ?, ?)",
    ).run(owners, turn.namespace, turn.conversation, messages, nowMs);
  });
  keep.immediate();
}

/** Waiting turns, the oldest first, after a given one. */
export function waitingTurns(
  db: Db,
  { after = 0, limit }: { readonly after?: number; readonly limit: number },
): WaitingTurn[] {
  return (
    db
      .prepare<[number, number], Omit<WaitingTurn, "messages"> & { messages: string }>(
        `SELECT t.id, o.name AS owner, t.namespace, t.conversation, t.messages
       FROM turns t JOIN owners o ON o.id = t.owner_id WHERE t.id > ? ORDER BY t.id LIMIT ?`,
      )
      .all(after, limit)
      // Only `keepTurn` writes the column.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      .map((row) => ({ ...row, messages: JSON.parse(row.messages) as WaitingTurn["messages"] }))
  );
}

/** What came of a turn: memories by outcome; refusals of the gate are counted. */
export type TurnOutcome = { readonly added: number; readonly duplicates: number; readonly refused: number };

/**
 * Writes what a turn gave and erases the turn, in one transaction, so that a crash repeats nothing. A turn that has
 * gone meanwhile (its owner dropped it) gives nothing.
 */
export function finishTurn(
  db: Db,
  {
    turn,
    requests,
    batch,
    nowMs,
  }: { turn: WaitingTurn; requests: readonly MemoryAddRequest[]; batch: string; nowMs: number },
): TurnOutcome {
  const finish = db.transaction((): TurnOutcome => {
    if (db.prepare("DELETE FROM turns WHERE id = ?").run(turn.id).changes === 0)
      return { added: 0, duplicates: 0, refused: 0 };
    const outcomes = requests.map((request) => attempt(db, { owner: turn.owner, request, batch, nowMs }));
    const count = (fits: (outcome: string) => boolean) => outcomes.filter(fits).length;
    return {
      added: count((o) => o === "added"),
      duplicates: count((o) => o.endsWith("duplicate")),
      refused: count((o) => o === "refused"),
    };
  });
  const outcome = finish.immediate();
  settle(db);
  return outcome;
}

function attempt(db: Db, call: Parameters<typeof addMemory>[1]): Added["outcome"] | "refused" {
  try {
    return addMemory(db, call).outcome;
  } catch (error) {
    if (error instanceof AppError && error.code === "memory_refused") return "refused";
    throw error;
  }
}

/** Counts a failed reading; the third erases the turn, and then `isDropped`. */
export function failTurn(db: Db, { turnId }: { readonly turnId: number }): { readonly isDropped: boolean } {
  db.prepare("UPDATE turns SET attempts = attempts + 1 WHERE id = ?").run(turnId);
  const { changes } = db
    .prepare("DELETE FROM turns WHERE id = ? AND attempts >= ?")
    .run(turnId, mostAttempts);
  if (changes > 0) settle(db);
  return { isDropped: changes > 0 };
}

/** Erases the owner's waiting turns, of one conversation or of all. */
export function dropTurns(
  db: Db,
  { owner, conversation }: { readonly owner: string; readonly conversation?: string | undefined },
): { readonly deleted: number; readonly isErased: boolean } {
  const { changes } = db
    .prepare(
      `DELETE FROM turns WHERE owner_id = (SELECT id FROM owners WHERE name = :owner)
       AND (:conversation IS NULL OR conversation = :conversation)`,
    )
    .run({ owner, conversation: conversation ?? null });
  return { deleted: changes, isErased: settle(db) };
}
