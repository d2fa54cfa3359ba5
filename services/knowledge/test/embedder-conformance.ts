import { afterAll, beforeAll, expect, it } from "vitest";

import { dot, isUnit } from "../src/core/unit-vector.ts";
import { type Embedder, everyVector } from "../src/edge/embedder/embedder.ts";

/** What every embedder must do; to be called within a `describe`. */
export function embedderConformance(start: () => Promise<Embedder>): void {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await start();
  });
  afterAll(() => embedder.close());

  const texts = ["How do I bake bread?", "The stock market fell today.", "A recipe for baking bread at home"];

  it("gives each text a vector of length one and of its dimensions", async () => {
    const units = await everyVector(embedder, texts, "document");
    expect(units).toHaveLength(3);
    expect(units.every((unit) => unit.length === embedder.dimensions && isUnit(unit))).toBe(true);
  });

  it("gives a text the same vector whatever stands beside it, in the texts' order", async () => {
    const together = await everyVector(
      embedder,
      [...texts, ...Array.from({ length: 20 }, (_, i) => `text ${i}`)],
      "document",
    );
    for (const [i, text] of texts.entries()) {
      const [alone] = await everyVector(embedder, [text], "document");
      expect(dot(alone ?? new Float32Array(), together[i] ?? new Float32Array())).toBeCloseTo(1, 4);
    }
  });

  it("puts texts on the same thing nearer than others", async () => {
    const [question] = await everyVector(embedder, [texts[0] ?? ""], "query");
    const [, market, recipe] = await everyVector(embedder, texts, "document");
    const cosine = (unit: Float32Array | undefined) =>
      dot(question ?? new Float32Array(), unit ?? new Float32Array());
    expect(cosine(recipe)).toBeGreaterThan(cosine(market));
  });

  it("takes any text: none, blanks, an emoji, a lone surrogate, NUL, a megabyte", async () => {
    const odd = ["", " \n\t", "😀", "\ud800", "a\0b", "word ".repeat(200_000), "x".repeat(1_000_000)];
    const units = await everyVector(embedder, odd, "document");
    expect(units.every((unit) => unit.length === embedder.dimensions && isUnit(unit))).toBe(true);
  });

  it("gives nothing for nothing", async () => {
    expect(await embedder.embed([], "query")).toEqual([]);
  });

  it("stops with the reason of its signal", async () => {
    const reason = new Error("the job was cancelled");
    await expect(embedder.embed(texts, "document", AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("has a fingerprint", () => {
    expect(embedder.fingerprint).toMatch(/^\S+$/u);
  });
}
