/** What a memory's place among others depends on besides its words. Times in epoch ms. */
export type Standing = {
  readonly category: string;
  readonly importance: number;
  readonly isPinned: boolean;
  readonly accessCount: number;
  readonly updatedMs: number;
};

/** How well its words and its meaning fit, each from 0 to 1; a leg that was not asked is absent. */
export type Fit = { readonly lexical?: number | undefined; readonly dense?: number | undefined };

const dayMs = 86_400_000;

/** Days after which a memory of the category counts half as fresh. Nothing is ever deleted for its age. */
export const halfLifeDays = {
  preference: 730,
  user_stated: 730,
  fact: 365,
  code: 180,
  general: 180,
  context: 30,
} as const satisfies Record<string, number>;

const otherHalfLifeDays = 180;

/** From 1 (now) towards 0. A pin does not age; a clock that was set back does not make anything fresher than new. */
export function freshness({ category, isPinned, updatedMs }: Standing, nowMs: number): number {
  if (isPinned) return 1;
  const ageDays = Math.max(0, nowMs - updatedMs) / dayMs;
  const halfLife = Object.entries(halfLifeDays).find(([name]) => name === category)?.[1] ?? otherHalfLifeDays;
  return 2 ** (-ageDays / halfLife);
}

/**
 * The relevance, from 0 to 1. The fit decides; importance, freshness, use and a pin move it by at most a third, so
 * that they order what fits alike and never lift what does not.
 */
export function relevance(fit: Fit, standing: Standing, nowMs: number): number {
  const use = 1 - 1 / (1 + Math.log1p(Math.max(0, standing.accessCount)));
  const factor =
    0.67 +
    0.12 * clamp(standing.importance) +
    0.1 * freshness(standing, nowMs) +
    0.03 * use +
    (standing.isPinned ? 0.08 : 0);
  return fitOf(fit) * factor;
}

/** Words weigh more than meaning: the vectors of small models are weak on names and jargon. */
function fitOf({ lexical, dense }: Fit): number {
  if (dense === undefined) return clamp(lexical ?? 0);
  return 0.6 * clamp(lexical ?? 0) + 0.4 * clamp(dense);
}

/** What is no number (a NaN vector) fits nothing. */
function clamp(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, value));
}
