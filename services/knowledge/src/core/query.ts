import { cjkBigrams, cjkRun, identifierParts } from "./parts.ts";
import { isStopWord } from "./stop-words.ts";

/**
 * One thing to look for: `words` stand beside each other in the index, as one phrase. `derived` terms are looked
 * up in the column `parts` alone, where the bigrams of scripts without spaces stand.
 */
export type QueryTerm = { readonly words: readonly string[]; readonly isDerived: boolean };

/** More terms cost time and add nothing: a question has a dozen, a pasted page thousands. */
const mostTerms = 48;

/** Letters, numbers and marks, as the index's tokenizer (unicode61) takes them; whatever is between them separates. */
const word = /[\p{L}\p{N}\p{M}]+/gu;

/** Words joined by nothing but `_`, `.`, `/`, `::` and the like: `os.path.join`, `snake_case`, `node:fs`, `x-ray`. */
const compound = /[\p{L}\p{N}\p{M}]+(?:[_.:/\\-]+[\p{L}\p{N}\p{M}]+)*/gu;

/**
 * What a question asks the full-text index for: each word once; an identifier as the phrase of its parts and as each
 * part; a run of a script without spaces as bigrams. Very common words are left out while others remain. At most 48
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

/**
 * An FTS5 expression that no text can break: every term is quoted, and holds letters, numbers and marks alone. Within
 * rows of one of the scopes, or with `everything` in all rows; undefined when there is nothing to look for or in.
 */
export function matchExpression(
  terms: readonly QueryTerm[],
  scopes: readonly string[] | "everything",
): string | undefined {
  if (terms.length === 0 || scopes.length === 0) return undefined;
  // The scope is a column of the index too, in which nobody's words are looked for.
  const wanted = `- scope : (${terms.map((term) => termExpression(term)).join(" OR ")})`;
  if (scopes === "everything") return wanted;
  return `scope : (${scopes.map((scope) => quoted(scope)).join(" OR ")}) AND ${wanted}`;
}

/** One character of a CJK run is looked up as the beginning of a bigram. */
function termExpression({ words, isDerived }: QueryTerm): string {
  const phrase = quoted(words.join(" "));
  if (!isDerived) return phrase;
  return Array.from(words.join("")).length === 1 ? `parts : ${phrase} *` : `parts : ${phrase}`;
}

/** The MATCH expression for a text within scopes; undefined when nothing in it can be looked up. */
export function lexicalQuery(
  text: string,
  { scopes }: { readonly scopes: readonly string[] },
): string | undefined {
  return matchExpression(queryTerms(text), scopes);
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

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
