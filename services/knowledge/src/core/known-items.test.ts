import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { askableWords, knownItemQuestion, samplePlaces } from "./known-items.ts";
import { seededRandom } from "./seeded-random.ts";

const place = fc.record({ chunkId: fc.nat(), path: fc.constantFrom("a", "b", "c", "d") });

describe("the chunks that are asked for", () => {
  it("are some of those there are, each once, and the same for the same seed", () => {
    const places = fc.uniqueArray(place, { selector: ({ chunkId }) => chunkId });
    fc.assert(
      fc.property(places, fc.nat(30), fc.nat(), (all, count, seed) => {
        const chosen = samplePlaces(all, count, seededRandom(seed));
        expect(chosen).toHaveLength(Math.min(count, all.length));
        expect(new Set(chosen).size).toBe(chosen.length);
        for (const one of chosen) expect(all).toContain(one);
        expect(samplePlaces(all, count, seededRandom(seed))).toEqual(chosen);
      }),
    );
  });

  it("are one of each document before a second one of any, so that long documents do not rule", () => {
    const long = Array.from({ length: 500 }, (_, i) => ({ chunkId: i, path: "long" }));
    const short = Array.from({ length: 5 }, (_, i) => ({ chunkId: 1_000 + i, path: `short ${i}` }));
    const paths = samplePlaces([...long, ...short], 6, seededRandom(3)).map(({ path }) => path);
    expect(paths.toSorted()).toEqual(["long", ...short.map(({ path }) => path)].toSorted());
    expect(samplePlaces([...long, ...short], 9, seededRandom(3))).toHaveLength(9);
  });
});

describe("the words that can be asked for", () => {
  it("are neither stop words nor scraps nor data, in small letters, and as often as they stand there", () => {
    expect(askableWords(`The Boiler, the boiler's valve at 3 p.m. ${"f0".repeat(20)}; Übergröße`)).toEqual([
      "boiler",
      "boiler",
      "valve",
      "übergröße",
    ]);
  });

  it("are found in linear time in a text of one long word", { tags: "clock" }, () => {
    const startMs = performance.now();
    expect(askableWords("x".repeat(5_000_000))).toEqual([]);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});

describe("a question for a known item", () => {
  const frequencies = new Map([
    ["boiler", 3],
    ["valve", 2],
    ["serviced", 4],
    ["document", 90],
    ["august", 1],
    ["engineer", 2],
  ]);
  const vocabulary = { frequencies, chunks: 100 };
  const ask = (words: readonly string[], seed: number) =>
    knownItemQuestion(words, vocabulary, seededRandom(seed));

  it("is two to five different words of the text, none that stands everywhere or nowhere", () => {
    const words = [...frequencies.keys(), "unheard"];
    const lengths = new Set<number>();
    for (let seed = 0; seed < 200; seed += 1) {
      const drawn = ask(words, seed)?.split(" ") ?? [];
      lengths.add(drawn.length);
      expect(new Set(drawn).size).toBe(drawn.length);
      for (const word of drawn) expect(["boiler", "valve", "serviced", "august", "engineer"]).toContain(word);
    }
    expect([...lengths].toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5]);
  });

  it("prefers what the text says often and others seldom", () => {
    const words = [...frequencies.keys(), ...Array.from({ length: 9 }, () => "boiler")];
    const firsts = Array.from({ length: 400 }, (_, seed) => ask(words, seed)?.split(" ")[0]);
    const share = (word: string) => firsts.filter((first) => first === word).length / firsts.length;
    expect(share("boiler")).toBeGreaterThan(0.5);
    expect(share("boiler")).toBeGreaterThan(5 * share("valve"));
  });

  it("is the same for the same seed, and none for a text that says too little", () => {
    expect(ask([...frequencies.keys()], 5)).toBe(ask([...frequencies.keys()], 5));
    expect(ask(["document", "boiler", "boiler", "unheard"], 1)).toBeUndefined();
    expect(ask([], 1)).toBeUndefined();
  });
});
