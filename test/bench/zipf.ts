/** Words with the frequencies that natural text has (Zipf-Mandelbrot): the first stand in nearly every chunk, most in a handful. */
export class ZipfText {
  readonly #words: readonly string[];
  readonly #upTo: Float64Array;
  readonly #random: () => number;

  constructor(random: () => number, size = 60_000) {
    this.#random = random;
    this.#words = Array.from({ length: size }, (_, rank) => this.#spell(2 + Math.log2(rank + 2) / 2));
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

  #spell(length: number): string {
    const letters = "etaoinshrdlucmfwypvbgkqjxz";
    const letter = () => letters[Math.floor(this.#random() * this.#random() * letters.length)] ?? "e";
    return Array.from({ length: length + this.#random() * 3 }, letter).join("");
  }
}
