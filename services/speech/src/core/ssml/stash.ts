const firstCode = 0xe0_00;
const size = 0x18_ff;

/** Keeps what is in words already out of the way of the rules for text: a private character stands for it, which text has none of. */
export class Stash {
  readonly #kept = new Map<string, string>();
  #count = 0;

  /** The character that stands for `said`. The last 6,399 are remembered: far more than one piece holds. */
  put(said: string): string {
    const sign = String.fromCharCode(firstCode + (this.#count % size));
    this.#count += 1;
    this.#kept.set(sign, said);
    return sign;
  }

  restore(text: string): string {
    return text
      .replace(/[\ue000-\uf8ff]/gu, (sign) => ` ${this.#kept.get(sign) ?? ""} `)
      .replace(/ +(?=[ ,.;:!?]|$)|^ +/gu, "");
  }
}
