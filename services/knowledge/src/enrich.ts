import type { EnrichAnswer, EnrichCall } from "@benchai/contract/enrichment";
import type { MemoryHit } from "@benchai/contract/memory";
import type { SearchHit } from "@benchai/contract/rag";

import { enrichmentBlock, type Passage } from "./core/enrichment-block.ts";

/** What enrichment asks: both give only what bears on the question, best first. */
export type EnrichSources = {
  relevantMemories(
    owner: string,
    query: string,
    namespace: string | undefined,
  ): Promise<readonly MemoryHit[]>;
  relevantChunks(
    owner: string,
    query: string,
    collections: readonly string[] | undefined,
    k: number,
  ): Promise<readonly SearchHit[]>;
};

/** Chunks looked at when the request does not say how many. */
const defaultK = 6;
/** Questions are searched for by their beginning; what follows is pasted material more often than question. */
const queryChars = 2_000;

/**
 * What a chat may be told besides its own words. Memories come first: they are short. A source that fails costs its
 * part and a note, never the chat.
 */
export async function enrich(sources: EnrichSources, owner: string, call: EnrichCall): Promise<EnrichAnswer> {
  const notes: string[] = [];
  const query = call.question.slice(0, queryChars);
  const [memories, hits] = await Promise.all([
    attempt(notes, "memory", () => memoriesFor(sources, owner, query, call)),
    attempt(notes, "documents", () => chunksFor(sources, owner, query, call)),
  ]);
  const passages: Passage[] = [
    ...memories.map((m) => ({
      label: `memory (${m.category}, ${m.created_at.slice(0, 10)})`,
      text: m.content,
    })),
    ...hits.map((h) => ({ label: labelOf(h), text: h.content })),
  ];
  const budget = Math.min(call.budgetTokens, call.request.budget_tokens ?? call.budgetTokens);
  const block = enrichmentBlock(passages, budget);
  if (block.used < passages.length)
    notes.push(`${passages.length - block.used} passages found no room in ${budget} tokens`);
  return {
    block: block.text,
    tokens: block.tokens,
    memories: memories
      .slice(0, block.used)
      .map(({ id, category, created_at }) => ({ id, category, created_at })),
    citations: hits.slice(0, Math.max(0, block.used - memories.length)).map((h) => h.citation),
    notes,
  };
}

async function memoriesFor(sources: EnrichSources, owner: string, query: string, { request }: EnrichCall) {
  if (request.memory === undefined || request.memory === false) return [];
  const namespace = request.memory === true ? undefined : request.memory.namespace;
  return sources.relevantMemories(owner, query, namespace);
}

async function chunksFor(sources: EnrichSources, owner: string, query: string, { request }: EnrichCall) {
  if (request.rag === undefined || request.rag === false) return [];
  const { collections, k } = request.rag === true ? {} : request.rag;
  return sources.relevantChunks(owner, query, collections, k ?? defaultK);
}

async function attempt<T>(
  notes: string[],
  what: string,
  find: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  try {
    return await find();
  } catch (error) {
    notes.push(`${what} could not be searched: ${error instanceof Error ? error.message : "unknown"}`);
    return [];
  }
}

function labelOf({ citation }: SearchHit): string {
  const place = [citation.title, ...citation.heading_path].join(" > ");
  return `${citation.reference} (${place})`;
}
