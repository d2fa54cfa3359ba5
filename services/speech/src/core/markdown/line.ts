import { isDelimiter, maxRowChars } from "./table.ts";

/** What stands at the beginning of a line, and how many characters of it are markup. */
export type LineStart =
  | { readonly kind: "blank" | "rule" | "underline" | "skip" | "quote" | "text"; readonly length: number }
  | { readonly kind: "heading"; readonly length: number }
  | { readonly kind: "item"; readonly length: number; readonly task?: "done" | "toDo" }
  | { readonly kind: "footnote"; readonly length: number; readonly number: string }
  | { readonly kind: "fence"; readonly length: number; readonly fence: string }
  | { readonly kind: "row"; readonly length: number; readonly line: string; readonly isHead: boolean };

/** The open block: it decides what a line can begin. */
export type OpenBlock = "none" | "paragraph" | "heading" | "item" | "row";

/** What of a line is looked at to tell what it is. */
export const maxStartChars = maxRowChars + 512;

type Line = {
  /** Without its line end; perhaps only the beginning. */
  readonly text: string;
  readonly complete: boolean;
  /** The following line, as far as it is there, and whether all of it is. */
  readonly after: string;
  readonly afterComplete: boolean;
  readonly open: OpenBlock;
};

type Reading = (line: Line) => LineStart | "no" | undefined;

const text: LineStart = { kind: "text", length: 0 };

const maxRuleChars = 200;

/** What a line of nothing but these signs is. */
function ruleOf(signs: string, open: OpenBlock): LineStart | "no" {
  const { length } = signs;
  const count = signs.replaceAll(" ", "").length;
  if (open === "paragraph" && /^(?:=+|-+)\s*$/u.test(signs)) return { kind: "underline", length };
  if (signs.startsWith("=")) return count > 3 ? { kind: "skip", length } : "no";
  return count >= 3 ? { kind: "rule", length } : "no";
}

/** `---`, `***`, `===`. While nothing else came the line may still be one of them. */
const rule: Reading = ({ text: line, complete, open }) => {
  const signs = /^(?:=+|-[- ]*|\*[* ]*|_[_ ]*)/u.exec(line)?.[0] ?? "";
  const long = signs.length >= maxRuleChars;
  if (signs === "" || (signs.length < line.length && !long)) return "no";
  return complete || long ? ruleOf(signs, open) : undefined;
};

const heading: Reading = ({ text: line, complete }) => {
  const signs = /^#{1,7}/u.exec(line)?.[0] ?? "";
  if (signs === "" || signs.length > 6) return "no";
  if (signs.length === line.length) return complete ? { kind: "heading", length: signs.length } : undefined;
  return /[ \t]/u.test(line.charAt(signs.length)) ? { kind: "heading", length: signs.length } : "no";
};

const maxInfoChars = 200;

const fence: Reading = ({ text: line, complete }) => {
  const signs = /^(?:`{1,200}|~{1,200})/u.exec(line)?.[0] ?? "";
  if (signs === "" || (signs.length < 3 && signs.length < line.length)) return "no";
  if (!complete && line.length < signs.length + maxInfoChars) return undefined;
  const info = line.slice(signs.length);
  if (signs.length < 3 || (signs.startsWith("`") && info.includes("`")) || info.length >= maxInfoChars)
    return "no";
  return { kind: "fence", length: line.length, fence: signs };
};

const task = /^[ \t]+\[([ xX])\](?=[ \t])/u;

/** An item that begins behind `marker`; the number is said, the sign is not. */
function itemOf(marker: string, rest: string): LineStart {
  const ticked = task.exec(rest);
  if (ticked === null) return { kind: "item", length: /^\d/u.test(marker) ? 0 : marker.length };
  const length = marker.length + ticked[0].length;
  return { kind: "item", length, task: ticked[1] === " " ? "toDo" : "done" };
}

/** `- `, `• `, `1. `. Inside a paragraph only 1 begins a list: a line may begin with a year. */
const item: Reading = ({ text: line, complete, open }) => {
  const marker = /^(?:[-*+•‣◦▪●·]|\d{1,9}[.)])/u.exec(line)?.[0];
  if (marker === undefined) return !complete && /^\d{1,9}$/u.test(line) ? undefined : "no";
  const rest = line.slice(marker.length);
  if (!complete && /^(?:[ \t]+(?:\[[ xX]?\]?)?)?$/u.test(rest)) return undefined;
  const interrupts = open !== "paragraph" || /^(?:\D|1[.)])/u.test(marker);
  return interrupts && /^[ \t]/u.test(rest) ? itemOf(marker, rest) : "no";
};

const maxLabelChars = 100;

/** `[^1]: …` is a footnote, `[id]: https://…` is nothing to say. */
const definition: Reading = ({ text: line, complete }) => {
  if (!line.startsWith("[")) return "no";
  const label = /^\[(\^?)([^[\]]{1,100})\]:/u.exec(line);
  if (label === null)
    return !complete && /^\[[^[\]]{0,100}\]?$/u.test(line) && line.length < maxLabelChars ? undefined : "no";
  const rest = line.slice(label[0].length);
  if (label[1] === "^") return { kind: "footnote", length: label[0].length, number: label[2] ?? "" };
  if (!complete && rest.trimStart().length < 8 && rest.length < maxLabelChars) return undefined;
  return /^\s*<?(?:https?:|mailto:|www\.|[./#])/u.test(rest)
    ? { kind: "skip", length: label[0].length }
    : "no";
};

const maxHeadChars = 60;

/** Whether a line without a first pipe may be a table's head. */
const mayBeHead: (line: Line) => boolean | undefined = ({ text: line, complete, open }) => {
  if (open !== "none") return false;
  if (!complete && line.length < maxHeadChars && !/[.!?;:,|]/u.test(line)) return undefined;
  return /^[^.!?;:,|]{1,60}\|/u.test(line);
};

/** `| a | b |`; without the first pipe only when the next line says that it is a table. */
const row: Reading = (line) => {
  const piped = line.text.startsWith("|");
  if (line.open === "row") return laterRow(line, piped);
  const possible = piped ? true : mayBeHead(line);
  if (possible !== true) return possible === false ? "no" : undefined;
  return line.text.length < maxRowChars ? firstRow(line, piped) : "no";
};

function firstRow(
  { text: line, complete, after, afterComplete }: Line,
  piped: boolean,
): LineStart | "no" | undefined {
  const afterMayGrow = !afterComplete && after.length < maxRowChars && /^[\s|:-]*$/u.test(after);
  if (!complete || afterMayGrow) return undefined;
  const isHead = isDelimiter(after);
  return piped || isHead ? { kind: "row", length: line.length, line, isHead } : "no";
}

function laterRow({ text: line, complete }: Line, piped: boolean): LineStart | "no" | undefined {
  if (line.length >= maxRowChars) return "no";
  if (!complete) return undefined;
  return piped || line.includes("|") ? { kind: "row", length: line.length, line, isHead: false } : "no";
}

const quote: Reading = ({ text: line }) => {
  const marks = /^>[ \t]?/u.exec(line)?.[0];
  return marks === undefined ? "no" : { kind: "quote", length: marks.length };
};

const readings: readonly Reading[] = [quote, heading, fence, rule, item, definition, row];

/** What a line begins with, blanks before it apart; undefined while more text could change it. */
export function lineStart(line: Line): LineStart | undefined {
  if (line.text === "") return line.complete ? { kind: "blank", length: 0 } : undefined;
  for (const reading of readings) {
    const found = reading(line);
    if (found !== "no") return found;
  }
  return text;
}
