import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { freshness, halfLifeDays, relevance, type Standing } from "./rank.ts";

const nowMs = 1_900_000_000_000;
const dayMs = 86_400_000;
const share = fc.double({ min: 0, max: 1, noNaN: true });
const fit = fc.record({ lexical: share, dense: fc.option(share, { nil: undefined }) });
const standing: fc.Arbitrary<Standing> = fc.record({
  category: fc.constantFrom(...Object.keys(halfLifeDays), "other", "toString"),
  importance: share,
  isPinned: fc.boolean(),
  accessCount: fc.nat(),
  updatedMs: fc.integer({ min: 0, max: nowMs + dayMs }),
});
const holds = <Ts>(property: fc.IProperty<Ts>) => fc.assert(property, { numRuns: 500 });

describe("the relevance of memories", () => {
  it("is from 0 to 1", () =>
    holds(fc.property(fit, standing, (f, s) => relevance(f, s, nowMs) >= 0 && relevance(f, s, nowMs) <= 1)));

  it("of a pinned one is never below that of the same unpinned", () =>
    holds(
      fc.property(
        fit,
        standing,
        (f, s) =>
          relevance(f, { ...s, isPinned: true }, nowMs) >= relevance(f, { ...s, isPinned: false }, nowMs),
      ),
    ));

  it("never rises with age, and a pin does not age", () =>
    holds(
      fc.property(fit, standing, fc.nat({ max: 3_000 }), (f, s, days) => {
        const older = { ...s, updatedMs: s.updatedMs - days * dayMs };
        expect(relevance(f, older, nowMs)).toBeLessThanOrEqual(relevance(f, s, nowMs));
        if (s.isPinned) expect(freshness(older, nowMs)).toBe(1);
      }),
    ));

  it("never falls with importance, use or a better fit", () =>
    holds(
      fc.property(fit, standing, share, (f, s, more) => {
        const base = relevance(f, s, nowMs);
        expect(
          relevance(f, { ...s, importance: Math.max(s.importance, more) }, nowMs),
        ).toBeGreaterThanOrEqual(base);
        expect(relevance(f, { ...s, accessCount: s.accessCount + 1 }, nowMs)).toBeGreaterThanOrEqual(base);
        expect(relevance({ ...f, lexical: Math.max(f.lexical, more) }, s, nowMs)).toBeGreaterThanOrEqual(
          base,
        );
      }),
    ));

  it("is decided by the fit: standing makes up for a third of it at most", () =>
    holds(
      fc.property(
        fit,
        standing,
        standing,
        (f, a, b) => relevance(f, a, nowMs) >= 0.66 * relevance(f, b, nowMs),
      ),
    ));

  it("halves the freshness after a category's half-life, and forgets nothing", () => {
    const old = {
      category: "context",
      importance: 0,
      isPinned: false,
      accessCount: 0,
      updatedMs: nowMs - 30 * dayMs,
    };
    expect(freshness(old, nowMs)).toBeCloseTo(0.5);
    expect(relevance({ lexical: 1 }, { ...old, updatedMs: 0 }, nowMs)).toBeGreaterThan(0.6);
  });

  it("of what is no number is 0", () =>
    expect(
      relevance(
        { lexical: Number.NaN, dense: Number.NaN },
        { category: "fact", importance: 1, isPinned: true, accessCount: 0, updatedMs: 0 },
        nowMs,
      ),
    ).toBe(0));
});
