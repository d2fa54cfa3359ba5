import { parse } from "csv-parse/sync";

import { chunkRecords, type RecordLines } from "../core/chunkers/records.ts";
import type { ParsedDocument } from "../core/document.ts";
import { findLines, linesText, shorten, type TextLines } from "../core/lines.ts";
import { decodeText } from "./decode.ts";
import { nameOf, type ParserInput } from "./parser.ts";

const mostColumns = 64;
const longestColumn = 80;

const tolerant = { relax_quotes: true, relax_column_count: true, skip_empty_lines: true } as const;

export function parseCsv(input: ParserInput): ParsedDocument {
  const text = decodeText(input);
  const lines = findLines(text);
  const delimiter = delimiterOf(lines);
  const records = recordsOf(lines, delimiter);
  const columns = columnsOf(lines, records, delimiter);
  const chunks = chunkRecords(lines, records, columns);
  const title = nameOf(input.path);
  return { format: "csv", title, text, tags: [], dateMs: undefined, properties: { columns }, chunks };
}

/** What stands most often in the first line. */
function delimiterOf(lines: TextLines): string {
  const head = linesText(lines, 0, 1);
  const counts = [",", ";", "\t", "|"].map((mark) => ({ mark, count: head.split(mark).length }));
  return counts.toSorted((left, right) => right.count - left.count)[0]?.mark ?? ",";
}

/** Lines are records, unless a quoted field holds a line end. */
function recordsOf(lines: TextLines, delimiter: string): RecordLines[] {
  const whole = lines.starts.map((_, line) => ({ first: line, end: line + 1 }));
  if (!lines.text.includes('"')) return whole;
  try {
    const ends = parse(lines.text, {
      ...tolerant,
      delimiter,
      info: true,
      on_record: (_, { lines: end }) => [String(end)],
    });
    return fromEnds(
      ends.map((record) => Number(record)),
      lines.starts.length,
    );
  } catch {
    return whole;
  }
}

/** Records follow each other without a gap: each goes from the end of the one before to its own. */
function fromEnds(ends: readonly number[], lineCount: number): RecordLines[] {
  const records: RecordLines[] = [];
  let first = 0;
  for (const end of [...ends, lineCount]) {
    const last = Math.min(end, lineCount);
    if (last > first) records.push({ first, end: last });
    first = Math.max(first, last);
  }
  return records;
}

/** The first record, when it reads like names. */
function columnsOf(lines: TextLines, records: readonly RecordLines[], delimiter: string): string[] {
  const [head] = records;
  if (!head) return [];
  const [fields = []] = parse(linesText(lines, head.first, head.end), { ...tolerant, delimiter, to: 1 });
  const names = fields.map((field) => shorten(field.trim(), longestColumn));
  const areNames = names.length > 1 && names.every((name) => name !== "" && !/^[\d\s.,:/+-]+$/u.test(name));
  return areNames ? names.slice(0, mostColumns) : [];
}
