import type {
  EnrichAnswer,
  EnrichmentReport,
  EnrichmentRequest,
  TurnReport,
} from "@benchai/contract/enrichment";
import type { Assistant, ModelView } from "@benchai/contract/models";

/** Tokens of retrieved text for a model whose context is not known. */
const unknownContextBudget = 1_024;

/** Each setting as the request says, else as its assistant does. */
export function mergedWish(
  own: EnrichmentRequest = {},
  assistant: EnrichmentRequest = {},
): EnrichmentRequest {
  return { ...assistant, ...own };
}

/** Whether there is anything to look up: what may only be kept, or is switched off, asks nothing of knowledge. */
export function wantsText({ memory = false, rag = false }: EnrichmentRequest): boolean {
  return memory !== false || rag !== false;
}

/** Tokens that retrieved text may take: the least of what the request, its assistant and the model's context allow. */
export function budgetTokens(
  own: EnrichmentRequest | undefined,
  assistant: Assistant | undefined,
  { contextTokens }: Pick<ModelView, "contextTokens">,
  contextShare: number,
): number {
  return Math.min(
    own?.budget_tokens ?? Infinity,
    assistant?.enrichment.budget_tokens ?? Infinity,
    contextTokens > 0 ? Math.floor(contextTokens * contextShare) : unknownContextBudget,
  );
}

/** What the client is told of an answer of knowledge: everything but the text itself. */
export function reportOf({ citations, memories, tokens, notes }: EnrichAnswer): EnrichmentReport {
  return { citations, memories, tokens, notes };
}

/** Nothing was put into the prompt, and why. */
export function emptyReport(note: string): EnrichmentReport {
  return { citations: [], memories: [], tokens: 0, notes: [note] };
}

/** Characters of one message that are kept for memories: what is longer is pasted more often than said. */
export const keptChars = 32_768;

/** A turn as it is kept: what the user said, without what was put into it, and what was answered. */
export function turnOf(
  wish: EnrichmentRequest,
  question: string,
  answer: string,
  requestId: string,
): TurnReport {
  const { memory } = wish;
  return {
    namespace: typeof memory === "object" ? (memory.namespace ?? "") : "",
    conversation: wish.conversation ?? requestId,
    messages: [
      { role: "user", content: question.slice(0, keptChars) },
      { role: "assistant", content: answer.slice(0, keptChars) },
    ],
  };
}
