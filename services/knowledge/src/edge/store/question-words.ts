import { indexParts } from "../../core/parts.ts";
import { queryTerms } from "../../core/query.ts";
import type { WordSeen } from "../../core/relevance.ts";
import { isStopWord } from "../../core/stop-words.ts";
import type { Db } from "./open.ts";
import { chunkCount, documentFrequencies, stemmed, stemsOf } from "./term-frequencies.ts";

/** What `isRelevant` weighs of a question against each of some texts, which are whole chunks with their titles. */
export function questionWords(
  db: Db,
  { question, texts }: { readonly question: string; readonly texts: readonly string[] },
): { readonly chunks: number; readonly words: readonly (readonly WordSeen[])[] } {
  const words = [...new Set(queryTerms(question).flatMap((term) => term.words))].filter(
    (w) => !isStopWord(w),
  );
  const frequencies = documentFrequencies(db, words);
  const stems = stemmed(words);
  const seenIn = (text: string) => {
    const inText = stemsOf(`${text} ${indexParts(text)}`);
    return words.map((word, i) => ({
      frequency: frequencies.get(word) ?? 0,
      isInChunk: inText.has(stems[i] ?? ""),
    }));
  };
  return { chunks: chunkCount(db), words: texts.map(seenIn) };
}
