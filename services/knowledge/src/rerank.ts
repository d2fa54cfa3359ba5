import { AppError } from "@benchai/contract/errors";

import { shorten } from "./core/lines.ts";

/** The relevance of each text to the query, in the texts' order; rejects with `body_too_large` when one is too long. */
export type Rerank = (
  query: string,
  texts: readonly string[],
  signal: AbortSignal,
) => Promise<readonly number[]>;

/**
 * How long question and passage may be together, in UTF-16 units: enough for nearly every chunk (`maxChars`), some 600
 * tokens; and what a model of 512 tokens takes when a token has two.
 */
const mostCharacters = 2_400;
const fewerCharacters = 1_000;

/**
 * Ranks by the beginnings of the texts. A reranker refuses a request as a whole when one of its texts is too long: then it is
 * asked once more with less of them, and `notes` says so.
 */
export async function rerankBeginnings(
  rerank: Rerank,
  notes: string[],
  query: string,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const within = (characters: number) => {
    const question = shorten(query, characters / 4);
    const passages = texts.map((text) => shorten(text, characters - question.length));
    return rerank(question, passages, signal);
  };
  try {
    return await within(mostCharacters);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "body_too_large") throw error;
  }
  const scores = await within(fewerCharacters);
  notes.push(
    `rerank: by the first ${fewerCharacters} characters of question and passage; the model takes no more`,
  );
  return scores;
}
