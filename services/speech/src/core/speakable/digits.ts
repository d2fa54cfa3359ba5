import { spelled } from "./numbers.ts";
import type { Rule } from "./rule.ts";
import type { Words } from "./words.ts";

/** "5 5 5, 0 1 2 3": the groups as they were written. */
function grouped(text: string): string {
  return [...text.matchAll(/\d+/gu)].map((group) => spelled(group[0])).join(", ");
}

function phone(match: RegExpExecArray, words: Words): string | undefined {
  const digits = match[0].replace(/\D/gu, "").length;
  if (digits < 7 || digits > 15) return undefined;
  return match[0].startsWith("+") ? `${words.signs["+"]} ${grouped(match[0])}` : grouped(match[0]);
}

/** "1.234.567" is a million where dots part thousands. */
function dotted(match: RegExpExecArray, words: Words): string | undefined {
  if (words.group === "." && /^\d{1,3}(?:\.\d{3})+$/u.test(match[0])) return undefined;
  return match[0].replaceAll(".", ` ${words.versionPoint} `);
}

function address(match: RegExpExecArray, words: Words): string | undefined {
  const [, ip = "", port, size] = match;
  if (ip.split(".").some((part) => Number(part) > 255)) return undefined;
  const tail = port === undefined ? "" : ` ${words.colon} ${port}`;
  return ip.replaceAll(".", ` ${words.dot} `) + tail + (size === undefined ? "" : ` ${words.slash} ${size}`);
}

const end = String.raw`(?![\p{L}\p{N}]|[-.]\d)`;
const phones = [
  String.raw`\+\d{1,3}(?:[ .\-/]?\(?\d{1,5}\)?){2,6}`,
  String.raw`\(\d{2,5}\)[ -]?\d{3,4}(?:[- ]?\d{2,8})?`,
  String.raw`\d{3}[-. ]\d{3}[-. ]\d{4}`,
  String.raw`\d{3}-\d{4}`,
  String.raw`0\d(?:[ .]\d\d){4}`,
  String.raw`0\d{1,4}[ /-]\d{3,}(?:[ -]\d{2,})*`,
];

/** Digits that are names and no amounts: telephone numbers, versions, addresses. */
export const digitRules: readonly Rule[] = [
  {
    pattern: new RegExp(String.raw`(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?(?:/(\d{1,2}))?${end}`, "uy"),
    say: address,
  },
  ...phones.map((source) => ({ pattern: new RegExp(source + end, "uy"), say: phone })),
  { pattern: new RegExp(String.raw`\d{1,4}(?:\.\d{1,6}){2,}${end}`, "uy"), say: dotted },
];
