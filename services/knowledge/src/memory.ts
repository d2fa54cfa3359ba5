import type { MemoryHit } from "@benchai/contract/memory";

import type { QuestionVector, relevantMemories, searchMemories } from "./edge/store/memories-read.ts";

type SearchCall = Parameters<typeof searchMemories>[1];

/** What searching memories needs. `embed` gives undefined when there is no model, or none in time. */
export type MemorySearchDeps = {
  readonly searchMemories: (call: SearchCall) => Promise<MemoryHit[]>;
  readonly relevantMemories: (call: Parameters<typeof relevantMemories>[1]) => Promise<MemoryHit[]>;
  readonly embed: (question: string) => Promise<QuestionVector | undefined>;
  readonly noteAccess: (owner: string, ids: readonly string[]) => void;
  readonly now: () => number;
};

export type MemoryQuestion = {
  readonly query: string;
  readonly limit: number;
  readonly namespace?: string | undefined;
  readonly asOfMs?: number | undefined;
};

/** Finds memories by words and meaning, and counts that they were shown. */
export async function findMemories(
  deps: MemorySearchDeps,
  owner: string,
  { asOfMs, ...question }: MemoryQuestion,
): Promise<MemoryHit[]> {
  // A model that fails costs the meaning, not the search.
  const vector = await deps.embed(question.query).catch(() => undefined);
  const nowMs = deps.now();
  const hits = await deps.searchMemories({ owner, ...question, asOfMs: asOfMs ?? nowMs, nowMs, vector });
  // Looking at the past is not use.
  if (asOfMs === undefined) noteHits(deps, owner, hits);
  return hits;
}

/** What a chat may be told: what bears on the question, of the namespace and of what is always true. */
export async function memoriesForChat(
  deps: MemorySearchDeps,
  owner: string,
  query: string,
  namespace: string | undefined,
): Promise<MemoryHit[]> {
  const nowMs = deps.now();
  const scope = { owner, namespace: namespace ?? "", asOfMs: nowMs };
  const hits = await deps.relevantMemories({ ...scope, query, limit: mostForChat, nowMs });
  noteHits(deps, owner, hits);
  return hits;
}

/** More than these would be a file, not a reminder; the token budget cuts further. */
const mostForChat = 12;

function noteHits(deps: MemorySearchDeps, owner: string, hits: readonly MemoryHit[]): void {
  if (hits.length > 0)
    deps.noteAccess(
      owner,
      hits.map(({ id }) => id),
    );
}

export type Access = { readonly owner: string; readonly ids: readonly string[]; readonly atMs: number };

/**
 * Collects which memories were shown and writes it down now and then, so that no read waits for a write. What a crash
 * loses is statistics.
 */
export class AccessNotes {
  readonly #write: (accesses: readonly Access[]) => Promise<void>;
  readonly #now: () => number;
  readonly #everyMs: number;
  #waiting: Access[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (accesses: readonly Access[]) => Promise<void>, now: () => number, everyMs = 5_000) {
    this.#write = write;
    this.#now = now;
    this.#everyMs = everyMs;
  }

  note(owner: string, ids: readonly string[]): void {
    if (this.#waiting.length >= mostWaiting) return;
    this.#waiting.push({ owner, ids, atMs: this.#now() });
    this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), this.#everyMs).unref();
  }

  /** Writes what was collected; to be called once more before the writer closes. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const accesses = this.#waiting;
    this.#waiting = [];
    if (accesses.length > 0) await this.#write(accesses);
  }
}

/** Reads between two writes; beyond, the statistics are full enough. */
const mostWaiting = 10_000;
