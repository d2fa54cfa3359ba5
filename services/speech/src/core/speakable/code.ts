import { firstSaid, type Rule } from "./rule.ts";
import type { Words } from "./words.ts";

/** Names as programs write them, in words: "get_user" and "parseHTTPHeader" are "get user" and "parse HTTP Header". */
function splitName(name: string): string {
  const blanks = name.replace(/_+/gu, " ").replace(/(?<=\p{L})-(?=\p{L})/gu, " ");
  return blanks.replace(/(?<=[\p{Ll}\p{Nd}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, " ");
}

const signRules: readonly Rule[] = [
  { pattern: /=>/uy, say: (_, words) => words.arrow },
  { pattern: /->/uy, say: (_, words) => words.arrow },
  { pattern: /!==?/uy, say: (_, words) => words.signs["≠"] },
  { pattern: />=/uy, say: (_, words) => words.signs["≥"] },
  { pattern: /<=/uy, say: (_, words) => words.signs["≤"] },
  { pattern: /={1,3}/uy, say: (_, words) => words.signs["="] },
  { pattern: /&&?/uy, say: (_, words) => words.signs["&"] },
  { pattern: /\|\|/uy, say: (_, words) => words.or },
  { pattern: /\|/uy, say: (_, words) => words.signs["|"] },
  { pattern: /\+\+?/uy, say: (m, words) => m[0].replaceAll("+", ` ${words.signs["+"]} `) },
  { pattern: /(?<![^\s([])--?(?=\p{L})/uy, say: (m, words) => m[0].replaceAll("-", ` ${words.dash} `) },
  { pattern: /(?<=[\p{L}\p{N})\]] )-(?= )/uy, say: (_, words) => words.signs["−"] },
  { pattern: /\*+(?= ?[\p{L}\p{N}(])(?<=[\p{L}\p{N})] ?\*+)/uy, say: (_, words) => words.signs["×"] },
  { pattern: /\*+/uy, say: (_, words) => words.star },
  { pattern: /(?<= )[<>](?= )/uy, say: (m, words) => words.signs[m[0] === "<" ? "<" : ">"] },
  { pattern: /!(?=[\p{L}(])/uy, say: (_, words) => words.not },
  { pattern: /(?<=\p{L})\.(?=\p{L})/uy, say: (_, words) => words.dot },
  { pattern: /@/uy, say: (_, words) => words.signs["@"] },
  { pattern: /(?:[()[\]{}"'`;,<>$!?^~|]|(?<!\d):|:(?!\d))+/uy, say: () => " " },
];

const kept = /^(?:https?:|www\.|\/|~\/|\.{1,2}\/|[\w.-]+\/[\w./-]*$|[\w.+-]+@[\w.-]+$|[A-Z]:\\)/u;

function signsIn(code: string, words: Words): string {
  let said = "";
  for (let at = 0; at < code.length;) {
    const sign = /[\p{L}\p{N}\s]/u.test(code.charAt(at)) ? undefined : firstSaid(signRules, code, at, words);
    said += sign === undefined ? code.charAt(at) : ` ${sign.text} `;
    at = sign?.next ?? at + 1;
  }
  return said;
}

/** Code inside a sentence, as a colleague would read it out: names as words, operators by name, brackets and quotes not at all. */
export function spokenCode(code: string, words: Words | undefined): string {
  if (kept.test(code.trim())) return code;
  if (words === undefined) return splitName(code).replace(/[()[\]{}"'`;<>$]+/gu, " ");
  return splitName(signsIn(code, words));
}
