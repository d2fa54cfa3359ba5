import type { Words } from "./words.ts";
import { spokenPower } from "./signs.ts";

const commands: Readonly<Record<string, keyof Words["signs"]>> = {
  times: "×",
  cdot: "×",
  div: "÷",
  pm: "±",
  leq: "≤",
  le: "≤",
  geq: "≥",
  ge: "≥",
  neq: "≠",
  ne: "≠",
  approx: "≈",
  sim: "≈",
  infty: "∞",
  to: "→",
  rightarrow: "→",
  Rightarrow: "→",
  leftarrow: "←",
  pi: "π",
  lt: "<",
  gt: ">",
};

const silent = new Set([
  "left",
  "right",
  "big",
  "Big",
  "displaystyle",
  "text",
  "mathrm",
  "mathbf",
  "mathit",
  "mathbb",
  "mathcal",
  "operatorname",
  "quad",
  "qquad",
  "begin",
  "end",
  "limits",
  "hat",
  "bar",
  "vec",
  "boxed",
  "label",
  "tag",
]);

/** How deep fractions in fractions are read; deeper ones are read flat. */
const maxDepth = 8;

/** Reads TeX from left to right, each character once. */
class TexReader {
  readonly #tex: string;
  readonly #words: Words;
  #at = 0;

  constructor(tex: string, words: Words) {
    this.#tex = tex;
    this.#words = words;
  }

  all(): string {
    let said = "";
    while (this.#at < this.#tex.length) said += ` ${this.#next(0)}`;
    return said;
  }

  /** An argument: what braces hold, or one token. */
  #argument(depth: number): string {
    while (this.#tex.charAt(this.#at) === " ") this.#at += 1;
    if (this.#tex.charAt(this.#at) !== "{") return this.#next(depth);
    this.#at += 1;
    let said = "";
    while (this.#at < this.#tex.length && this.#tex.charAt(this.#at) !== "}") said += ` ${this.#next(depth)}`;
    this.#at += 1;
    return said.trim();
  }

  #next(depth: number): string {
    const rest = /\\(?:[a-zA-Z]+|.)|\d+(?:\.\d+)?|[^]/uy;
    rest.lastIndex = this.#at;
    const token = rest.exec(this.#tex)?.[0] ?? "";
    this.#at += Math.max(1, token.length);
    if (depth > maxDepth) return /[\p{L}\p{N}]/u.test(token) ? token.replace("\\", "") : "";
    if (token.startsWith("\\")) return this.#command(token.slice(1), depth + 1);
    if (token === "^") return spokenPower(this.#argument(depth + 1), this.#words);
    if (token === "_") return `${this.#words.sub} ${this.#argument(depth + 1)}`;
    return this.#sign(token);
  }

  #sign(token: string): string {
    if (token === "-") return this.#words.signs["−"];
    if (token === "*") return this.#words.signs["×"];
    if (token === "/") return this.#words.over;
    return /[{}$&~\\]/u.test(token) ? "" : token;
  }

  #command(name: string, depth: number): string {
    const sign = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (sign !== undefined) return this.#words.signs[sign];
    if (name === "frac" || name === "dfrac" || name === "tfrac") {
      const over = this.#argument(depth);
      return `${over} ${this.#words.over} ${this.#argument(depth)}`;
    }
    if (name === "sqrt") return `${this.#words.squareRootOf} ${this.#argument(depth)}`;
    if (silent.has(name) || !/^\p{L}/u.test(name)) return name === "%" ? "%" : "";
    return name;
  }
}

/** A formula in TeX, in simple words; without a table of words, what is left of it without its markup. */
export function spokenMaths(tex: string, words: Words | undefined): string {
  if (words === undefined) return tex.replace(/\\(?:frac|text|left|right|sqrt)|[\\{}$]/gu, " ");
  return new TexReader(tex, words).all().replace(/ +/gu, " ").trim();
}
