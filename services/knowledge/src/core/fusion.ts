/** A chunk with its score in one leg, the higher the better. */
type Scored = { readonly chunkId: number; readonly score: number };

/** Where a hit stood in a leg, from 1 on, and the leg's own score. */
type LegPlace = { readonly rank: number; readonly score: number };

export type FusedHit = {
  readonly chunkId: number;
  /** 0 to 1, to compare hits of one answer with each other; says nothing across questions. */
  readonly score: number;
  readonly lexical: LegPlace | undefined;
  readonly dense: LegPlace | undefined;
};

export type Legs = {
  readonly lexical: readonly Scored[];
  readonly dense: readonly Scored[];
  /** Cosines of lexical hits too, in the dense leg or not: they are what re-orders them. Chunks without a vector have none. */
  readonly cosines: ReadonlyMap<number, number>;
};

/**
 * How much a model's cosines count against the best lexical score, and which cosine means "unrelated": a fixed one, or
 * for a model nobody has measured here the lowest in its leg, because models differ in where their cosines lie.
 */
export type DenseTrust = { readonly weight: number; readonly floor: number | "leg" };

/**
 * By the beginning of the fingerprint. Universal Sentence Encoder lite alone is far below the full-text index (nDCG@10
 * 0.203 and 0.060 against 0.704 and 0.396 on SciFact and CoSQA), so it may only re-order what lies close together.
 * Any weight from 0.1 to 0.8 keeps both sets at or above the index alone; 0.3 is the middle of that, on a log scale.
 */
const trusted: Readonly<Record<string, DenseTrust>> = {
  "energetic/use-lite-en": { weight: 0.3, floor: 0 },
};

/** Real embedding models and the index are about equally good, each where the other fails (Bruch et al. 2022). */
const unmeasured: DenseTrust = { weight: 1, floor: "leg" };

export function denseTrust(fingerprint: string): DenseTrust {
  return Object.entries(trusted).find(([prefix]) => fingerprint.startsWith(prefix))?.[1] ?? unmeasured;
}

/** Whether this model's cosines mean the same everywhere, so that a fixed threshold can be held against them. */
export function hasKnownCosines(fingerprint: string): boolean {
  return denseTrust(fingerprint) !== unmeasured;
}

/**
 * One list of the two: each chunk's lexical score as a share of the best one, plus the weighted cosine above the floor. Not by
 * ranks: reciprocal rank fusion throws the margins away and lost 0.01 to 0.27 on both sets at every weight tried.
 * A hit whose vector is still to come gets the lexical hits' mean cosine, so that it neither gains nor loses.
 */
export function fuse({ lexical, dense, cosines }: Legs, { weight, floor }: DenseTrust): readonly FusedHit[] {
  const best = lexical[0]?.score ?? 0;
  const [lowest, highest] = floor === "leg" ? rangeOf(dense) : [floor, 1];
  const places = { lexical: placesOf(lexical), dense: placesOf(dense) };
  const cosineOf = (id: number) => places.dense.get(id)?.score ?? cosines.get(id);
  const usual = mean(lexical.flatMap(({ chunkId }) => cosineOf(chunkId) ?? [])) ?? lowest;
  const nearness = (id: number) => share((cosineOf(id) ?? usual) - lowest, highest - lowest);
  return [...new Set([...places.lexical.keys(), ...places.dense.keys()])]
    .map((chunkId) => {
      const [found, near] = [places.lexical.get(chunkId), places.dense.get(chunkId)];
      const score = (share(found?.score ?? 0, best) + weight * nearness(chunkId)) / (1 + weight);
      return { chunkId, score, lexical: found, dense: near };
    })
    .toSorted((a, b) => b.score - a.score || a.chunkId - b.chunkId);
}

function placesOf(leg: readonly Scored[]): ReadonlyMap<number, LegPlace> {
  return new Map(leg.map(({ chunkId, score }, i) => [chunkId, { rank: i + 1, score }]));
}

/** From 0 to 1. Where the whole is nothing (a leg of one hit), what reaches it counts in full. */
function share(part: number, whole: number): number {
  if (whole <= 0) return part > 0 ? 1 : 0;
  return Math.min(Math.max(part / whole, 0), 1);
}

/** A leg of a few hits has no floor of its own: the few may all be good. */
function rangeOf(dense: readonly Scored[]): readonly [number, number] {
  const highest = dense[0]?.score ?? 1;
  return [dense.length < 10 ? 0 : (dense.at(-1)?.score ?? 0), highest];
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
