import type { Ground } from "./ground.ts";
import { type Spread, spread } from "./stats.ts";

export type Unit = "s" | "ms" | "µs" | "MB" | "%";

/** One line of a table. `ours[i]` and `theirs.values[i]` were measured right after each other. */
export type Figure = {
  readonly what: string;
  readonly unit: Unit;
  readonly ours: readonly number[];
  /** What it is compared with; absent when there is nothing like it. */
  readonly theirs?: { readonly name: string; readonly values: readonly number[] };
  readonly aim?: Aim;
};

/** `value`: of ours; `difference`: ours less theirs, pair by pair. Judged by the median. */
export type Aim = { readonly of: "value" | "difference"; readonly atMost: number };

export type Section = {
  readonly title: string;
  /** What was done, in a sentence or two, with the sizes that were used. */
  readonly method: string;
  readonly figures: readonly Figure[];
};

/** A measurement: it takes as many rounds as the ground says and leaves the ground as it was. */
export type Measure = (ground: Ground) => Promise<Section>;

export type Compared = {
  readonly ours: Spread;
  readonly theirs?: Spread;
  readonly difference?: Spread;
  readonly ratio?: Spread;
  readonly isMet?: boolean;
};

/** Differences and ratios are taken inside each pair, so that what slows the machine for a while slows both. */
export function compare({ ours, theirs, aim }: Figure): Compared {
  const pairs = theirs ? ours.map((value, i) => [value, theirs.values[i] ?? NaN] as const) : [];
  const difference = spread(pairs.map(([a, b]) => a - b));
  const judged = aim?.of === "difference" ? difference.median : spread(ours).median;
  return {
    ours: spread(ours),
    ...(theirs && { theirs: spread(theirs.values), difference, ratio: spread(pairs.map(([a, b]) => a / b)) }),
    ...(aim && { isMet: judged <= aim.atMost }),
  };
}
