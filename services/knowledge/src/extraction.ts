import {
  type ChatMessage,
  extractionAnswer,
  ExtractionAnswer,
  extractionMessages,
  groundedMemories,
} from "./core/memory/extract.ts";
import type { failTurn, finishTurn, TurnOutcome, WaitingTurn } from "./edge/store/turns.ts";

/** What extraction needs: the store through its threads, and a model that answers as a JSON schema says. */
export type ExtractionDeps = {
  readonly waitingTurns: (page: { after: number; limit: number }) => Promise<readonly WaitingTurn[]>;
  readonly finishTurn: (call: Parameters<typeof finishTurn>[1]) => Promise<TurnOutcome>;
  readonly failTurn: (call: Parameters<typeof failTurn>[1]) => Promise<ReturnType<typeof failTurn>>;
  readonly complete: (
    messages: readonly ChatMessage[],
    jsonSchema: object,
    signal: AbortSignal,
  ) => Promise<string>;
  readonly now: () => number;
};

/** What a run did. `notes` name turns, never their text. */
export type ExtractionResult = TurnOutcome & {
  readonly batch: string;
  readonly turns: number;
  readonly dropped: number;
  readonly notes: readonly string[];
};

/**
 * Reads the turns that wait, one after the other, each finished in a transaction of its own, so that a job that is
 * killed or cancelled goes on where it was. A turn whose answer is unusable waits for the next run, three times; a
 * model that cannot be reached ends the run and costs no turn a try.
 */
export async function extractMemories(
  deps: ExtractionDeps,
  { batch, signal, report }: { batch: string; signal: AbortSignal; report?: (done: number) => void },
): Promise<ExtractionResult> {
  const total = { added: 0, duplicates: 0, refused: 0, turns: 0, dropped: 0 };
  const notes: string[] = [];
  let after = 0;
  for (;;) {
    const [turn] = await deps.waitingTurns({ after, limit: 1 });
    if (!turn) return { ...total, batch, notes };
    signal.throwIfAborted();
    after = turn.id;
    const outcome = await readTurn(deps, turn, batch, signal);
    total.turns += 1;
    total.added += outcome.added;
    total.duplicates += outcome.duplicates;
    total.refused += outcome.refused;
    if (outcome.note !== undefined) notes.push(outcome.note);
    if (outcome.isDropped) total.dropped += 1;
    report?.(total.turns);
  }
}

type TurnResult = TurnOutcome & { readonly note?: string; readonly isDropped: boolean };

async function readTurn(
  deps: ExtractionDeps,
  turn: WaitingTurn,
  batch: string,
  signal: AbortSignal,
): Promise<TurnResult> {
  const text = await deps.complete(extractionMessages(turn.messages), ExtractionAnswer, signal);
  const answer = extractionAnswer(text);
  if (!answer) {
    const { isDropped } = await deps.failTurn({ turnId: turn.id });
    const what = isDropped
      ? "dropped after its third unusable answer"
      : "unusable answer, kept for another try";
    return { added: 0, duplicates: 0, refused: 0, isDropped, note: `turn ${turn.id}: ${what}` };
  }
  const requests = groundedMemories(answer, turn);
  const outcome = await deps.finishTurn({ turn, requests, batch, nowMs: deps.now() });
  const ungrounded = answer.memories.length - requests.length;
  const note =
    ungrounded > 0 ? { note: `turn ${turn.id}: ${ungrounded} without a quote of the user's left out` } : {};
  return { ...outcome, ...note, isDropped: false };
}
