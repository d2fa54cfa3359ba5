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

/** One by the rank of the first relevant document among the first `depth`, 0 when there is none; NaN when nothing is relevant. */
export function reciprocalRank(ranked: readonly string[], judgements: Judgements, depth: number): number {
  if (relevantGains(judgements).length === 0) return NaN;
  const at = ranked.slice(0, depth).findIndex((id) => (judgements.get(id) ?? 0) > 0);
  return at === -1 ? 0 : 1 / (at + 1);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** By how much a mean would differ with other questions of the kind. */
export function standardError(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) / values.length);
}

/** The value that this share of them does not exceed (nearest rank); NaN when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
}

function relevantGains(judgements: Judgements): number[] {
  return [...judgements.values()].filter((gain) => gain > 0);
}
