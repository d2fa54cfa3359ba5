import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { denseTrust, fuse, hasKnownCosines } from "./fusion.ts";

const weak = denseTrust("energetic/use-lite-en@0.2.0/40-words");
const unknown = denseTrust("openai/nomic-embed-text/768");
const scored = (...pairs: [number, number][]) => pairs.map(([chunkId, score]) => ({ chunkId, score }));
const ids = (hits: readonly { readonly chunkId: number }[]) => hits.map((hit) => hit.chunkId);

describe("fusion", () => {
  it("keeps the lexical order when there are no vectors", () => {
    const lexical = scored([7, 9], [3, 8], [5, 1]);
    for (const trust of [weak, unknown])
      expect(ids(fuse({ lexical, dense: [], cosines: new Map() }, trust))).toEqual([7, 3, 5]);
  });

  it("keeps the dense order when no word was found", () => {
    const dense = scored([4, 0.7], [2, 0.5], [9, 0.2]);
    for (const trust of [weak, unknown])
      expect(ids(fuse({ lexical: [], dense, cosines: new Map() }, trust))).toEqual([4, 2, 9]);
  });

  it("lets a weak model order what lies close, and nothing else", () => {
    const lexical = scored([1, 10], [2, 9.5], [3, 3]);
    const dense = scored([3, 0.9], [4, 0.9], [2, 0.8], [1, 0.2]);
    expect(ids(fuse({ lexical, dense, cosines: new Map() }, weak))).toEqual([2, 1, 3, 4]);
  });

  it("neither lifts nor sinks a hit whose vector is still to come", () => {
    const lexical = scored([1, 10], [2, 9], [3, 8]);
    const cosines = new Map([
      [1, 0.5],
      [3, 0.5],
    ]);
    expect(ids(fuse({ lexical, dense: [], cosines }, weak))).toEqual([1, 2, 3]);
  });

  it("takes the leg's own lowest cosine for unrelated where a model's are not known", () => {
    const lexical = scored([1, 10], [2, 6]);
    const compressed = Array.from({ length: 20 }, (_, i) => ({ chunkId: i + 2, score: 0.9 - i / 100 }));
    expect(ids(fuse({ lexical, dense: compressed, cosines: new Map([[1, 0.71]]) }, unknown))[0]).toBe(2);
    expect([hasKnownCosines("energetic/use-lite-en"), hasKnownCosines("openai/x")]).toEqual([true, false]);
  });

  it("says where each hit stood in each leg", () => {
    const [first] = fuse(
      { lexical: scored([1, 5]), dense: scored([2, 0.4], [1, 0.3]), cosines: new Map() },
      weak,
    );
    expect(first).toMatchObject({
      chunkId: 1,
      lexical: { rank: 1, score: 5 },
      dense: { rank: 2, score: 0.3 },
    });
  });

  it("holds every chunk once, with scores from 0 to 1 in falling order", () => {
    const leg = (max: number) =>
      fc
        .uniqueArray(fc.record({ chunkId: fc.nat(40), score: fc.double({ min: 0, max, noNaN: true }) }), {
          selector: (hit) => hit.chunkId,
        })
        .map((hits) => hits.toSorted((a, b) => b.score - a.score));
    fc.assert(
      fc.property(leg(40), leg(1), fc.constantFrom(weak, unknown), (lexical, dense, trust) => {
        const hits = fuse({ lexical, dense, cosines: new Map() }, trust);
        expect(new Set(ids(hits))).toEqual(new Set([...ids(lexical), ...ids(dense)]));
        expect(new Set(ids(hits)).size).toBe(hits.length);
        for (const [i, { score }] of hits.entries()) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(hits[i - 1]?.score ?? 1);
        }
      }),
    );
  });
});
