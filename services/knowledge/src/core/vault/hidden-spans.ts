import { htmlTagEnd } from "./html-block.ts";
import { NextPlace } from "./inline-text.ts";

/** Where the scan goes on, and whether what it leaves behind holds nothing to read. */
export type Skip = { readonly end: number; readonly isHidden: boolean };

const longestAutolink = 4096;

/** What of a block's text is code, formula, comment or HTML. Questions must go forward through the text. */
export class HiddenSpans {
  readonly #source: string;
  readonly #nextLine: NextPlace;
  readonly #nextPercent: NextPlace;
  readonly #nextDollars: NextPlace;
  readonly #nextDollar: NextPlace;
  readonly #commentEnd: NextPlace;
  /** By their length. */
  #runs: ReadonlyMap<number, BacktickRuns> | undefined;

  constructor(source: string) {
    this.#source = source;
    const places = (mark: string) => new NextPlace((from) => source.indexOf(mark, from));
    this.#nextLine = places("\n");
    this.#nextPercent = places("%%");
    this.#commentEnd = places("-->");
    this.#nextDollars = new NextPlace((from) => unescaped(source, /\\|\$\$/gu, from, () => true));
    this.#nextDollar = new NextPlace((from) =>
      unescaped(source, /\\|\$/gu, from, (at) => closesMath(source, at)),
    );
  }

  /** What begins at a backtick, `$`, `%` or `<`. */
  skipAt(at: number): Skip {
    switch (this.#source.charAt(at)) {
      case "`":
        return this.#code(at);
      case "$":
        return this.#math(at);
      case "%":
        return this.#comment(at);
      default:
        return this.#html(at);
    }
  }

  /** A run of backticks is closed by the next run of the same length (CommonMark 6.1). */
  #code(at: number): Skip {
    let end = at;
    while (this.#source[end] === "`") end += 1;
    const length = end - at;
    this.#runs ??= backtickRuns(this.#source);
    const close = nextRun(this.#runs.get(length), end);
    return close === undefined ? { end, isHidden: false } : { end: close + length, isHidden: true };
  }

  /** Obsidian: no blank behind the first `$` nor before the last, and no digit behind that: `$5 and $6` are prices. */
  #math(at: number): Skip {
    const isBlock = this.#source[at + 1] === "$";
    const width = isBlock ? 2 : 1;
    const from = at + width;
    if (!isBlock && /^[ \t\n]/u.test(this.#source.slice(from, from + 1)))
      return { end: from, isHidden: false };
    const close = isBlock ? this.#nextDollars.after(from) : this.#nextDollar.after(from);
    return Number.isFinite(close) ? { end: close + width, isHidden: true } : { end: from, isHidden: false };
  }

  /** `%%…%%` on one line, with something in it. */
  #comment(at: number): Skip {
    if (this.#source[at + 1] !== "%") return { end: at + 1, isHidden: false };
    const close = this.#nextPercent.after(at + 3);
    const isClosed = close < this.#nextLine.after(at);
    return isClosed ? { end: close + 2, isHidden: true } : { end: at + 2, isHidden: false };
  }

  #html(at: number): Skip {
    if (this.#source.startsWith("<!--", at)) {
      const close = this.#commentEnd.after(at + 4);
      return Number.isFinite(close) ? { end: close + 3, isHidden: true } : { end: at + 4, isHidden: false };
    }
    const end = htmlTagEnd(this.#source, at) ?? autolinkEnd(this.#source, at);
    return end === undefined ? { end: at + 1, isHidden: false } : { end, isHidden: true };
  }
}

/** Where the runs of one length begin, and how many of them have been passed. */
type BacktickRuns = { readonly starts: number[]; next: number };

function nextRun(runs: BacktickRuns | undefined, from: number): number | undefined {
  if (!runs) return undefined;
  for (let start = runs.starts[runs.next]; start !== undefined; start = runs.starts[runs.next]) {
    if (start >= from) return start;
    runs.next += 1;
  }
  return undefined;
}

function backtickRuns(source: string): Map<number, BacktickRuns> {
  const runs = new Map<number, BacktickRuns>();
  for (let at = source.indexOf("`"); at !== -1;) {
    let end = at;
    while (source[end] === "`") end += 1;
    const run = runs.get(end - at);
    if (run) run.starts.push(at);
    else runs.set(end - at, { starts: [at], next: 0 });
    at = source.indexOf("`", end);
  }
  return runs;
}

/** The next match that no backslash stands before; `mark` finds backslashes too. */
function unescaped(source: string, mark: RegExp, from: number, isWanted: (at: number) => boolean): number {
  mark.lastIndex = from;
  for (let found = mark.exec(source); found; found = mark.exec(source)) {
    if (found[0] === "\\") mark.lastIndex = found.index + 2;
    else if (isWanted(found.index)) return found.index;
  }
  return -1;
}

function closesMath(source: string, at: number): boolean {
  return !/[ \t\n]/u.test(source.charAt(at - 1)) && !/\d/u.test(source.charAt(at + 1));
}

/** `<https://…>`, `<someone@example.org>` (CommonMark 6.5). */
function autolinkEnd(source: string, at: number): number | undefined {
  const found = /^<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:|[^\s<>@]+@)[^\s<>]*>/u.exec(
    source.slice(at, at + longestAutolink),
  );
  return found ? at + found[0].length : undefined;
}
