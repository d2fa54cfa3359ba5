import { shuffled } from "./seeded-random.ts";
import { isStopWord } from "./stop-words.ts";

/** A chunk, and the document that it stands in. */
export type ChunkPlace = { readonly chunkId: number; readonly path: string };

/** A question and the documents that answer it, by their paths. */
export type EvalQuestion = { readonly question: string; readonly paths: readonly string[] };

/** In how many chunks of how many each word stands. */
export type Vocabulary = { readonly frequencies: ReadonlyMap<string, number>; readonly chunks: number };

/** Words of a question, at least and at most; shorter ones name anything. */
const [fewestWords, mostWords] = [2, 5];
/** In UTF-16 units: what is longer is data, or a sentence in a script without spaces. */
const longestWord = 24;
/** What stands in a larger share of the chunks tells nothing. */
const commonShare = 0.2;

/** Up to `count` chunks in an order of chance, one of each document before a second one of any. */
export function samplePlaces(
  places: readonly ChunkPlace[],
  count: number,
  random: () => number,
): readonly ChunkPlace[] {
  const taken = new Map<string, number>();
  const inTurns = shuffled(places, random).map((place) => {
    const turn = taken.get(place.path) ?? 0;
    taken.set(place.path, turn + 1);
    return { place, turn };
  });
  return inTurns
    .toSorted((a, b) => a.turn - b.turn)
    .slice(0, count)
    .map(({ place }) => place);
}

/** The words of a text that somebody could ask for, in small letters, as often as they stand there. */
export function askableWords(text: string): readonly string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).filter(
    (word) => word.length > 2 && word.length <= longestWord && !isStopWord(word),
  );
}

/**
 * A question as somebody may ask who remembers a passage: two to five of its words, drawn by how often they stand in it and how
 * rare they are elsewhere (Azzopardi, de Rijke and Balog 2007, "Building simulated queries for known-item topics"). Undefined
 * when the text has too few that tell anything.
 */
export function knownItemQuestion(
  words: readonly string[],
  { frequencies, chunks }: Vocabulary,
  random: () => number,
): string | undefined {
  const weights = new Map<string, number>();
  for (const word of words) {
    const frequency = frequencies.get(word) ?? 0;
    if (frequency === 0 || frequency > Math.max(1, commonShare * chunks)) continue;
    weights.set(word, (weights.get(word) ?? 0) + Math.log(1 + chunks / frequency));
  }
  const wanted = fewestWords + Math.floor(random() * (mostWords - fewestWords + 1));
  const drawn = Array.from({ length: Math.min(wanted, weights.size) }, () => draw(weights, random));
  return drawn.length < fewestWords ? undefined : drawn.join(" ");
}

/** Takes one of the words out, by their weights. */
function draw(weights: Map<string, number>, random: () => number): string {
  let left = random() * [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  let chosen = "";
  for (const [word, weight] of weights) {
    chosen = word;
    left -= weight;
    if (left < 0) break;
  }
  weights.delete(chosen);
  return chosen;
}
