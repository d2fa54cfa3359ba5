/** A word of a question, stop words left out: how many chunks hold it, and whether this chunk does. */
export type WordSeen = { readonly frequency: number; readonly isInChunk: boolean };

/** What is known of a chunk that was found for a question. */
export type HitFeatures = {
  readonly words: readonly WordSeen[];
  /** How many chunks there are in the index. */
  readonly chunks: number;
  /** Of question and chunk, by a model whose cosines were measured (`hasKnownCosines`); undefined otherwise. */
  readonly cosine: number | undefined;
};

/**
 * Whether a chunk may go into a prompt unasked. What counts is that unrelated questions bring nothing, so the line lies where
 * none of SciFact's 300 claims passes on CoSQA's code and none of CoSQA's 500 questions on SciFact's abstracts (any of the first
 * five hits). Of the questions that found a judged chunk among ten hits these pass, on CoSQA and on SciFact:
 *
 *   line           1.2        1.3        1.4        1.5        1.6
 *   related     95 %, 90 % 88 %, 86 % 77 %, 79 % 65 %, 72 % 48 %, 61 %
 *   unrelated    0 %, 21 %  0 %,  7 %  0 %,  1 %  0 %,  0 %  0 %,  0 %
 */
export function isRelevant({ words, chunks, cosine }: HitFeatures): boolean {
  const covered = coverage(words, chunks);
  const seen = words.filter(({ isInChunk }) => isInChunk).length;
  if (cosine === undefined) return seen > 1 && covered >= coverageAlone;
  // A single word in common ("hello", "2+2") is no evidence by itself.
  if (seen < 2 && cosine < cosineForOneWord) return false;
  return covered + cosineWeight * cosine >= enough;
}

const cosineWeight = 1.5;
const enough = 1.5;
const cosineForOneWord = 0.5;
/** Without cosines: 0 of 300 and 1 of 500 unrelated questions pass, and 33 % and 52 % of the related. */
const coverageAlone = 0.65;

/**
 * The share of a question's words that a chunk holds, each weighed by its rarity (bm25's idf, never negative): 1 when it
 * holds all, 0 for none. A word that no chunk holds weighs most: the question is about something else.
 */
export function coverage(words: readonly WordSeen[], chunks: number): number {
  const weighed = words.map(({ frequency, isInChunk }) => ({ weight: idf(frequency, chunks), isInChunk }));
  const total = sum(weighed.map(({ weight }) => weight));
  return total === 0 ? 0 : sum(weighed.map(({ weight, isInChunk }) => (isInChunk ? weight : 0))) / total;
}

function idf(frequency: number, chunks: number): number {
  return Math.log(1 + (Math.max(chunks - frequency, 0) + 0.5) / (frequency + 0.5));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
