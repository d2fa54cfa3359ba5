import type { QueryTerm } from "./query.ts";

/**
 * Entries of the index that one question may rank: bm25 takes 1.5 µs for each, so this is the time of a search. Questions to
 * some ten thousand chunks stay below it whole; in a hundred thousand the commonest words give way.
 */
const mostEntries = 8_000;

/**
 * The rarest terms, as many as the budget lets in and one at least; what is in no chunk is left out. A phrase is as
 * rare as its rarest word.
 */
export function selectiveTerms(
  terms: readonly QueryTerm[],
  frequencies: ReadonlyMap<string, number>,
  budget: number = mostEntries,
): readonly QueryTerm[] {
  const counted = terms
    .map((term) => ({ term, entries: Math.min(...term.words.map((w) => frequencies.get(w) ?? 0)) }))
    .filter(({ entries }) => entries > 0)
    .toSorted((a, b) => a.entries - b.entries);
  const [rarest] = counted;
  const kept: QueryTerm[] = rarest ? [rarest.term] : [];
  let left = budget - (rarest?.entries ?? 0);
  for (const { term, entries } of counted.slice(1)) {
    if (entries > left) break;
    left -= entries;
    kept.push(term);
  }
  return kept;
}
