import type { QueryTerm } from "./query.ts";

/** How a question is put to the index. */
export type TermPlan = {
  /** A chunk is ranked when it holds one of these. */
  readonly gate: readonly QueryTerm[];
  /** Count in the score of what is ranked, and let nothing in by themselves. */
  readonly also: readonly QueryTerm[];
  /** Whether the gate lets in every chunk that holds any of the terms. */
  readonly isWhole: boolean;
};

export type TermBudget = {
  /** Entries of the index that are ranked. */
  readonly ranked: number;
  /** Entries that are only walked past, to see which of the ranked chunks they are in. */
  readonly walked: number;
};

/**
 * To rank an entry takes some 0.9 µs, to walk past one 0.1 µs, so this is some ten to twenty milliseconds. Where all a question's
 * words together have no more entries than `whole`, as in an index of ten thousand chunks, all are ranked.
 */
export const usualBudget: TermBudget = { ranked: 5_000, walked: 40_000 };
const whole = 8_000;

/** What a gate lets in at least, when there is as much: a page of results, and some to choose from. */
export const enoughHits = 20;

/**
 * The rarest terms open the gate, as many as the budget lets in; the next ones count along; the commonest are left out, and so is
 * what no chunk holds. A phrase is as rare as its rarest word.
 */
export function planTerms(
  terms: readonly QueryTerm[],
  frequencies: ReadonlyMap<string, number>,
  budget: TermBudget = usualBudget,
): TermPlan {
  const counted = terms
    .map((term) => ({ term, entries: Math.min(...term.words.map((w) => frequencies.get(w) ?? 0)) }))
    .filter(({ entries }) => entries > 0)
    .toSorted((a, b) => a.entries - b.entries);
  const total = counted.reduce((sum, { entries }) => sum + entries, 0);
  const gate = total <= whole ? counted : fitting(counted, budget.ranked, enoughHits);
  const also = fitting(counted.slice(gate.length), budget.walked, 0);
  const termsOf = (some: readonly Counted[]) => some.map(({ term }) => term);
  return { gate: termsOf(gate), also: termsOf(also), isWhole: gate.length === counted.length };
}

type Counted = { readonly term: QueryTerm; readonly entries: number };

/** The first of them that fit, and more as long as there are fewer entries than `atLeast`. */
function fitting(counted: readonly Counted[], most: number, atLeast: number): readonly Counted[] {
  let entries = 0;
  const end = counted.findIndex((next) => {
    if (entries >= atLeast && entries + next.entries > most) return true;
    entries += next.entries;
    return false;
  });
  return end === -1 ? counted : counted.slice(0, end);
}
