import { type Found, type Source, has } from "./source.ts";

type Brackets = { openBrackets: number };

const maxNoteChars = 40;
const maxWikilinkChars = 300;
const maxReferenceChars = 100;
const maxTargetChars = 1_000;

/** `found` within `most` characters, "none" when it cannot be there any more, undefined while it may still arrive. */
function within(source: Source, sign: string, most: number): number | "none" | undefined {
  const part = source.text.slice(source.at, source.at + most);
  const found = part.indexOf(sign);
  if (found >= 0) return source.at + found + sign.length;
  return source.ended || part.length === most ? "none" : undefined;
}

function gap(source: Source): string {
  return /[\p{L}\p{N}]/u.test(source.before) ? " " : "";
}

/** What `[` and the sign behind it begin: where it ends, how long that may be, and what is heard of what is inside. */
type Bracket = {
  readonly close: string;
  readonly most: number;
  readonly heard: (inside: string) => string | undefined;
};

const brackets: ReadonlyMap<string, Bracket> = new Map<string, Bracket>([
  ["^", { close: "]", most: maxNoteChars, heard: () => "" }],
  ["[", { close: "]]", most: maxWikilinkChars, heard: wikilink }],
  [
    "!",
    {
      close: "]",
      most: maxNoteChars,
      heard: (inside) => (/^\p{L}+$/u.test(inside) ? `${inside}. ` : undefined),
    },
  ],
]);

/** `[`: a label's beginning is not heard. `[^1]` is dropped, of `[[page|label]]` the label is read, of `[!NOTE]` the word. */
export function openingBracket(source: Source, state: Brackets): Found | undefined {
  if (!has(source, 1, 1)) return undefined;
  const bracket = brackets.get(source.text.charAt(source.at + 1));
  const end = bracket === undefined ? "none" : within(source, bracket.close, bracket.most);
  if (end === undefined) return undefined;
  if (bracket !== undefined && end !== "none") {
    const text = bracket.heard(source.text.slice(source.at + 2, end - bracket.close.length));
    if (text !== undefined) return { text, next: end };
  }
  state.openBrackets += 1;
  return { text: gap(source), next: source.at + 1 };
}

function wikilink(inside: string): string {
  return inside.slice(inside.indexOf("|") + 1).replace(/[#^]+/gu, " ");
}

/** The end of `(…)`, its own brackets in pairs. */
function targetEnd(source: Source, from: number): number | "none" | undefined {
  const limit = from + maxTargetChars;
  let depth = 0;
  for (let at = from; at < source.text.length; at += 1) {
    const sign = source.text.charAt(at);
    if (at >= limit) return "none";
    if (sign === "(") depth += 1;
    if (sign === ")") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return source.ended ? "none" : undefined;
}

const target = /^\(\s*(?:<[^<>]*>|\S*)(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)$/u;

/** `]`: with the target or the reference behind it, which nobody says. */
export function linkTail(source: Source, state: Brackets): Found | undefined {
  if (!has(source, 1, 1)) return undefined;
  const from = source.at + 1;
  const next = source.text.charAt(from);
  const bare: Found = { text: /[\p{L}\p{N}]/u.test(next) ? " " : "", next: from };
  if (state.openBrackets === 0) return bare;
  const end =
    next === "("
      ? targetEnd(source, from)
      : next === "["
        ? within({ ...source, at: from }, "]", maxReferenceChars)
        : "none";
  if (end === undefined) return undefined;
  state.openBrackets -= 1;
  if (end === "none" || (next === "(" && !target.test(source.text.slice(from, end)))) return bare;
  return { text: "", next: end };
}
