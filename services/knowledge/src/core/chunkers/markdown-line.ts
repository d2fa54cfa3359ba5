import { endOf, isBlank, startOf, type TextLines } from "../lines.ts";

const space = 0x20;
const tab = 0x09;
const carriageReturn = 0x0d;

/** What of a line decides which block it belongs to. */
export type MarkdownLine = {
  readonly isBlank: boolean;
  /** Columns of white space before its content, a tab reaching to the next multiple of four. */
  readonly indent: number;
  /** Offsets of its content in the whole text. */
  readonly from: number;
  readonly to: number;
};

export function readLine(lines: TextLines, line: number): MarkdownLine {
  return readRest(lines, line, startOf(lines, line), 0);
}

/** The rest of a line from an offset that stands in column `column`; a carriage return at its end is not content. */
export function readRest(lines: TextLines, line: number, offset: number, column: number): MarkdownLine {
  const end = endOf(lines, line);
  const to = end > offset && lines.text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
  let [from, indent] = [offset, column];
  for (; from < to; from += 1) {
    const code = lines.text.charCodeAt(from);
    if (code === space) indent += 1;
    else if (code === tab) indent += 4 - (indent % 4);
    else break;
  }
  return { isBlank: from === to || isBlank(lines, line), indent, from, to };
}

/** The level of an ATX heading (CommonMark 4.2), or 0. */
export function headingLevel(text: string, line: MarkdownLine): number {
  let at = line.from;
  while (at < line.to && text.charCodeAt(at) === 0x23) at += 1;
  const level = at - line.from;
  const isHeading = level > 0 && level <= 6 && (at === line.to || isSpace(text.charCodeAt(at)));
  return isHeading ? level : 0;
}

/** A heading's text without its marks. */
export function headingText(text: string, line: MarkdownLine): string {
  const marked = text.slice(line.from, line.to).replace(/^#+/u, "").trim();
  return marked.replace(/(?:^|\s)#+$/u, "").trim();
}

/** How a fence begins (CommonMark 4.5): what closes it is as long at least, of the same character. */
export type Fence = { readonly code: number; readonly length: number };

export function fenceAt(text: string, line: MarkdownLine): Fence | undefined {
  const code = text.charCodeAt(line.from);
  if (code !== 0x60 && code !== 0x7e) return undefined;
  let at = line.from;
  while (at < line.to && text.charCodeAt(at) === code) at += 1;
  const length = at - line.from;
  if (length < 3) return undefined;
  // A backtick in the info string makes it code within a line.
  const isInline = code === 0x60 && text.slice(at, line.to).includes("`");
  return isInline ? undefined : { code, length };
}

export function closes(text: string, line: MarkdownLine, fence: Fence): boolean {
  let at = line.from;
  while (at < line.to && text.charCodeAt(at) === fence.code) at += 1;
  return at - line.from >= fence.length && text.slice(at, line.to).trim() === "";
}

/** A list item's mark: where its content begins. `number` is undefined for bullets. */
export type ListMark = {
  readonly content: MarkdownLine;
  readonly contentIndent: number;
  readonly number: number | undefined;
};

const mark = /(?:[-+*]|(\d{1,9})[.)])(?=[ \t\r\n]|$)/uy;

export function listMarkAt(lines: TextLines, index: number, line: MarkdownLine): ListMark | undefined {
  mark.lastIndex = line.from;
  const found = mark.exec(lines.text);
  if (!found) return undefined;
  const column = line.indent + found[0].length;
  const content = readRest(lines, index, line.from + found[0].length, column);
  // Content that stands further off is indented code, which begins one column after the mark.
  const isFar = content.isBlank || content.indent - column > 4;
  const number = found[1] === undefined ? undefined : Number(found[1]);
  return { content, contentIndent: isFar ? column + 1 : content.indent, number };
}

/** `***`, `- - -` and the like (CommonMark 4.1). */
export function isThematicBreak(text: string, line: MarkdownLine): boolean {
  return /^([-*_])[ \t]*(?:\1[ \t]*){2,}$/u.test(text.slice(line.from, Math.min(line.to, line.from + 256)));
}

/** The level of the heading that a line below a paragraph makes of it (CommonMark 4.3), or 0. */
export function underlineLevel(text: string, line: MarkdownLine): 0 | 1 | 2 {
  const code = text.charCodeAt(line.from);
  if (code !== 0x3d && code !== 0x2d) return 0;
  let at = line.from;
  while (at < line.to && text.charCodeAt(at) === code) at += 1;
  if (text.slice(at, line.to).trim() !== "") return 0;
  return code === 0x3d ? 1 : 2;
}

/** The line between a table's head and its rows (GitHub Flavored Markdown 4.10). */
export function isTableRule(text: string, line: MarkdownLine): boolean {
  const code = text.charCodeAt(line.from);
  if (code !== 0x7c && code !== 0x2d && code !== 0x3a) return false;
  const rule = text.slice(line.from, line.to);
  return rule.includes("|") && rule.includes("-") && /^[|:\- \t]+$/u.test(rule);
}

/** What ends the HTML block that begins here and may hold blank lines (CommonMark 4.6, kinds 1 and 2). */
export function htmlEndAt(text: string, line: MarkdownLine): string | undefined {
  if (text.startsWith("<!--", line.from)) return "-->";
  const name = /^<(pre|script|style|textarea)(?:[\s>]|$)/iu.exec(text.slice(line.from, line.from + 12))?.[1];
  return name && `</${name.toLowerCase()}>`;
}

function isSpace(code: number): boolean {
  return code === space || code === tab;
}
