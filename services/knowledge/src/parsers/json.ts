import { chunkRecords, type RecordLines } from "../core/chunkers/records.ts";
import type { ParsedDocument } from "../core/document.ts";
import { findLines, isBlank, linesText, shorten, type TextLines } from "../core/lines.ts";
import { decodeText } from "./decode.ts";
import { fileName, type ParserInput } from "./parser.ts";

const longestName = 100;

export function parseJson(input: ParserInput): ParsedDocument {
  const text = decodeText(input);
  const lines = findLines(text);
  const records = /\.(?:jsonl|ndjson)$/iu.test(input.path) ? eachLine(lines) : members(lines);
  const chunks = chunkRecords(lines, records);
  const title = fileName(input.path);
  return { format: "json", title, text, tags: [], dateMs: undefined, properties: {}, chunks };
}

function eachLine(lines: TextLines): RecordLines[] {
  return lines.starts.flatMap((_, line) => (isBlank(lines, line) ? [] : [{ first: line, end: line + 1 }]));
}

/** The members of the outermost array or object, where each begins on a line of its own; else all as one. */
function members(lines: TextLines): RecordLines[] {
  const starts = memberLines(lines);
  const records = starts.map((first, index): RecordLines => {
    const end = starts[index + 1] ?? lines.starts.length;
    const key = /^\s*"((?:[^"\\]|\\.){1,200})"\s*:/u.exec(
      linesText(lines, first, first + 1).slice(0, 300),
    )?.[1];
    return key === undefined ? { first, end } : { first, end, name: shorten(key, longestName) };
  });
  const head = starts[0] ?? lines.starts.length;
  return head > 0 ? [{ first: 0, end: head }, ...records] : records;
}

/** Lines on which the outermost value's members begin. */
function memberLines(lines: TextLines): number[] {
  const found: number[] = [];
  let depth = 0;
  for (let line = 0; line < lines.starts.length; line += 1) {
    const content = linesText(lines, line, line + 1);
    const isMember = depth === 1 && /^\s*[^\s\]}]/u.test(content);
    if (isMember) found.push(line);
    depth += depthChange(content);
  }
  return found;
}

/** How much deeper the value is after a line. JSON's strings do not go over line ends. */
function depthChange(line: string): number {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charCodeAt(at);
    if (isInString && character === 0x5c) at += 1;
    else if (character === 0x22) isInString = !isInString;
    else if (!isInString) depth += bracket(character);
  }
  return depth;
}

function bracket(character: number): -1 | 0 | 1 {
  if (character === 0x7b || character === 0x5b) return 1;
  return character === 0x7d || character === 0x5d ? -1 : 0;
}
