/** How relevant each document is to one query; what is not judged counts as 0. */
export type Judgements = ReadonlyMap<string, number>;

/**
 * Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) with linear gains, as trec_eval and BEIR compute it. `ranked`
 * are different documents, best first. NaN when nothing is relevant: such a query says nothing.
 */
export function ndcg(ranked: readonly string[], judgements: Judgements, depth: number): number {
  const gains = ranked.slice(0, depth).map((id) => Math.max(judgements.get(id) ?? 0, 0));
  const best = relevantGains(judgements)
    .toSorted((a, b) => b - a)
    .slice(0, depth);
  return best.length === 0 ? NaN : discounted(gains) / discounted(best);
}

/** The share of the relevant documents among the first `depth`; NaN when nothing is relevant. */
export function recall(ranked: readonly string[], judgements: Judgements, depth: number): number {
  const relevant = relevantGains(judgements).length;
  const found = ranked.slice(0, depth).filter((id) => (judgements.get(id) ?? 0) > 0).length;
  return relevant === 0 ? NaN : found / relevant;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
}

function relevantGains(judgements: Judgements): number[] {
  return [...judgements.values()].filter((gain) => gain > 0);
}
