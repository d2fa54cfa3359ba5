import { pathRules } from "./urls.ts";
import { spelled, spokenNumber } from "./numbers.ts";
import type { Rule } from "./rule.ts";
import type { Sign, Words } from "./words.ts";

/** ASCII spellings of signs; a longer one is looked for first. */
const spellings: Readonly<Record<string, Sign>> = {
  "<->": "↔",
  "!==": "≠",
  "===": "=",
  "!=": "≠",
  "==": "=",
  ">=": "≥",
  "<=": "≤",
  "+-": "±",
  "->": "→",
  "<-": "←",
  "⇒": "→",
  "⟶": "→",
  "➜": "→",
  "➔": "→",
  "∙": "×",
  "·": "×",
  "≃": "≈",
  "≅": "≈",
};

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** "squared", "cubed", "to the power of n". */
export function spokenPower(exponent: string, words: Words): string {
  if (exponent === "2") return words.squared;
  if (exponent === "3") return words.cubed;
  return `${words.power} ${exponent.replace(/^[-−⁻]/u, `${words.signs["−"]} `)}`;
}

function raised(match: RegExpExecArray, words: Words): string {
  const digits = Array.from(match[0], (sign) => (sign === "⁻" ? "-" : String(superscripts.indexOf(sign))));
  return spokenPower(digits.join(""), words);
}

function mark(match: RegExpExecArray, words: Words): string | undefined {
  const sign = match[0];
  return isSign(sign, words) ? words.signs[sign] : undefined;
}

function isSign(sign: string, words: Words): sign is Sign {
  return Object.hasOwn(words.signs, sign);
}

function spelt(match: RegExpExecArray, words: Words): string | undefined {
  const sign = spellings[match[0]];
  return sign === undefined ? undefined : words.signs[sign];
}

function hexColour(match: RegExpExecArray, words: Words): string {
  return `${words.hex} ${spelled((match[1] ?? "").toUpperCase())}`;
}

function hashtag(match: RegExpExecArray, words: Words): string {
  return `${words.hashtag} ${(match[1] ?? "").replaceAll("_", " ").replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")}`;
}

const silent: Rule["say"] = () => " ";
const comma: Rule["say"] = () => ", ";

/** Rules that begin at a sign. What none of them knows is left as it is, or dropped: see `speakable.ts`. */
export const signRules: readonly Rule[] = [
  ...pathRules,
  { pattern: /#([0-9a-f]{6}|(?=[a-f]*\d)[0-9a-f]{3})(?![\p{L}\p{N}])/iuy, say: hexColour },
  { pattern: /(?<![\p{L}\p{N}.])\.(\d+)/uy, say: (m, words) => spokenNumber(`0.${m[1] ?? ""}`, words) },
  { pattern: /#(?=\d)/uy, say: (_, words) => words.numberSign },
  { pattern: /#(\p{L}[\p{L}\p{N}_]*)/uy, say: hashtag },
  { pattern: /@(?=[\p{L}\p{N}])|(?<=\s)@(?=\s)/uy, say: (_, words) => words.signs["@"] },
  { pattern: /[=~_*#-]{4,}/uy, say: silent },
  { pattern: /=>/uy, say: (_, words) => words.arrow },
  { pattern: /<->|!==|===|!=|==|>=|<=|\+-|->|<-|[⇒⟶➜➔]|(?<=[\d ])[∙·](?=[\d ])|[≃≅]/uy, say: spelt },
  { pattern: /[<>](?=\s?[-−\d])|(?<=[\s\d])[<>](?=\s)/uy, say: mark },
  {
    pattern: /(?<=[\p{N}%°]) ?[–—] ?(?=[$€£]?\d)|(?<=(?<!-\d{0,9})[\p{N}%€$£])-(?=[$€£]?\d+(?![-\d]))/uy,
    say: (_, words) => words.to,
  },
  {
    pattern: /(?<![\p{L}\p{N}.)-])[-−](?=[$€£.]?\d)|(?<=[\p{N})]) ?[-−] (?=[\p{N}(])/uy,
    say: (_, words) => words.signs["−"],
  },
  { pattern: /\*(?=\s)(?<=\s\*)|(?<=\d)\*(?=\d)/uy, say: (_, words) => words.signs["×"] },
  { pattern: /\^\{?([-−]?[\p{L}\p{N}]+)\}?/uy, say: (m, words) => spokenPower(m[1] ?? "", words) },
  { pattern: /⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/uy, say: raised },
  { pattern: /~(?=\d)/uy, say: (_, words) => words.signs["~"] },
  { pattern: /(?<=\d)\/(?=\d)/uy, say: (_, words) => words.slash },
  { pattern: /(?<=[\p{L}\p{N}])\/(?=[\p{L}\p{N}])/uy, say: silent },
  { pattern: /\s*(?:—|–|--|(?<=\s)-(?=\s)|(?<=\s)\/(?=\s))\s*/uy, say: comma },
  { pattern: /[=≠≈≤≥±×÷+−√π∞→←↔&%‰§©®™]/uy, say: mark },
  { pattern: /[\\|/_*~^`#<>[\]{}@]+/uy, say: silent },
];
