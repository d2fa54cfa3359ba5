import { cjkBigrams, cjkRun, identifierParts } from "./parts.ts";
import { isStopWord } from "./stop-words.ts";

/**
 * One thing to look for: `words` stand beside each other in the index, as one phrase. `derived` terms are looked
 * up in the column `parts` alone, where the bigrams of scripts without spaces stand.
 */
export type QueryTerm = { readonly words: readonly string[]; readonly isDerived: boolean };

/** A question has a dozen, a pasted page thousands. Which of these are worth their time, the index's own counts tell. */
const mostTerms = 128;

/** Letters, numbers and marks, as the index's tokenizer (unicode61) takes them; whatever is between them separates. */
const word = /[\p{L}\p{N}\p{M}]+/gu;

/** Words joined by nothing but `_`, `.`, `/`, `::` and the like: `os.path.join`, `snake_case`, `node:fs`, `x-ray`. */
const compound = /[\p{L}\p{N}\p{M}]+(?:[_.:/\\-]+[\p{L}\p{N}\p{M}]+)*/gu;

/**
 * What a question asks the full-text index for: each word once; an identifier as the phrase of its parts and as each
 * part; a run of a script without spaces as bigrams. Very common words are left out while others remain. At most 128
 * terms, the likely rarest. Empty when nothing can be looked up, as for `?!` or an emoji.
 */
export function queryTerms(text: string): readonly QueryTerm[] {
  const terms = new Map<string, QueryTerm>();
  for (const [piece] of text.matchAll(compound))
    for (const term of termsOf(piece)) {
      const key = term.words.join(" ").toLowerCase();
      if (!terms.has(key)) terms.set(key, term);
    }
  const all = [...terms.values()];
  const telling = all.filter((term) => !term.words.every((w) => isStopWord(w)));
  return likelyRarest(telling.length > 0 ? telling : all);
}

function termsOf(piece: string): QueryTerm[] {
  const words = piece.match(word) ?? [];
  const phrase = words.length > 1 && words.length <= longestPhrase ? [plain(...words)] : [];
  return [...phrase, ...words.flatMap(termsOfWord)];
}

/** A longer run is a path or a list, and nobody wrote just that one elsewhere. */
const longestPhrase = 8;

function termsOfWord(whole: string): QueryTerm[] {
  const runs = whole.match(cjkRun) ?? [];
  if (runs.length > 0) {
    const others = whole.replaceAll(cjkRun, " ").match(word) ?? [];
    const bigrams = runs.flatMap((run) => cjkBigrams(run));
    return [
      ...bigrams.map((bigram) => ({ words: [bigram], isDerived: true })),
      ...others.map((w) => plain(w)),
    ];
  }
  const parts = identifierParts(whole);
  if (parts.length < 2) return [plain(whole)];
  return [plain(whole), plain(...parts), ...parts.map((part) => plain(part))];
}

function plain(...words: readonly string[]): QueryTerm {
  return { words, isDerived: false };
}

/** Long words are rarer than short ones, phrases than words, and digits than letters; the order stays. */
function likelyRarest(terms: readonly QueryTerm[]): readonly QueryTerm[] {
  if (terms.length <= mostTerms) return terms;
  const kept = new Set(terms.toSorted((a, b) => rarity(b) - rarity(a)).slice(0, mostTerms));
  return terms.filter((term) => kept.has(term));
}

function rarity({ words }: QueryTerm): number {
  const text = words.join("");
  return Math.min(text.length, 16) + (/\p{N}/u.test(text) ? 4 : 0) + (words.length > 1 ? 4 : 0);
}
