import { spokenCode } from "../speakable/code.ts";
import { spokenMaths } from "../speakable/maths.ts";
import type { Words } from "../speakable/words.ts";
import { type Found, type Source, has } from "./source.ts";

const maxTicks = 16;
const maxSpanChars = 500;

/** The run of the same length that closes `ticks`. */
function closing(part: string, ticks: string, final: boolean): number | undefined {
  for (let at = part.indexOf(ticks); at >= 0; at = part.indexOf(ticks, at)) {
    const run = /`+/uy;
    run.lastIndex = at;
    const length = run.exec(part)?.[0].length ?? 0;
    if (at + length === part.length && !final) return undefined;
    if (length === ticks.length) return at;
    at += length;
  }
  return undefined;
}

/** `` `code` `` in words. What is not closed within its paragraph, or soon enough, is text. */
export function codeSpan(source: Source, words: Words | undefined): Found | undefined {
  const run = /`{1,16}/uy;
  run.lastIndex = source.at;
  const ticks = run.exec(source.text)?.[0] ?? "`";
  const from = source.at + ticks.length;
  if (ticks.length === maxTicks) return { text: "", next: from };
  if (!has(source, ticks.length, 1)) return undefined;
  const part = source.text.slice(from, from + maxSpanChars);
  const complete = source.ended || part.length === maxSpanChars;
  const end = closing(part, ticks, complete);
  if (end === undefined) return complete ? { text: "", next: from } : undefined;
  const said = spokenCode(part.slice(0, end).replaceAll("\n", " "), words);
  return { text: said.trim(), next: from + end + ticks.length };
}

const money = /\$\d[\d.,]*/uy;
const variable = /\$[A-Z_]{2,}/uy;
const maxMathsChars = 500;
const maxInlineMathsChars = 200;

/** "$5 and", "$HOME": no formula begins here. undefined while it cannot be told. */
function isFormula(source: Source): boolean | undefined {
  for (const pattern of [money, variable]) {
    pattern.lastIndex = source.at;
    const found = pattern.exec(source.text)?.[0];
    if (found === undefined) continue;
    if (!has(source, found.length, 1) && found.length < maxInlineMathsChars) return undefined;
    const next = source.text.charAt(source.at + found.length);
    return !/^$|[\s,.;:!?)\]}"'”’/|–—kKmMbBtT-]/u.test(next) && found.length < maxInlineMathsChars;
  }
  if (!has(source, 1, 1)) return undefined;
  return !/^$|\s/u.test(source.text.charAt(source.at + 1));
}

/** The `$` that closes: no blank before it, no digit behind it. */
function dollarEnd(part: string, complete: boolean): number | undefined {
  for (let at = part.indexOf("$"); at >= 0; at = part.indexOf("$", at + 1)) {
    if (at + 1 === part.length && !complete) return undefined;
    if (!/\s/u.test(part.charAt(at - 1)) && !/\d/u.test(part.charAt(at + 1)) && at > 0) return at;
  }
  return undefined;
}

/** A formula between `$`, `$$`, `\(` or `\[`, in words. */
export function mathsSpan(source: Source, close: string, words: Words | undefined): Found | undefined {
  const single = close === "$";
  if (single) {
    const formula = isFormula(source);
    if (formula === undefined) return undefined;
    if (!formula) return { text: "$", next: source.at + 1 };
  }
  const from = source.at + close.length;
  const most = single ? maxInlineMathsChars : maxMathsChars;
  const part = source.text.slice(from, from + most);
  const complete = source.ended || part.length === most;
  const end = single ? dollarEnd(part, complete) : part.indexOf(close);
  if (end === undefined || end < 0)
    return complete ? { text: single ? "$" : " ", next: source.at + close.length } : undefined;
  return { text: spokenMaths(part.slice(0, end), words), next: from + end + close.length };
}
