import type { InlineContent } from "./inline-scanner.ts";
import type { NoteField, Span } from "./note.ts";

/** Dataview passes over longer keys too, in effect: nobody can ask for them. */
const longestKey = 256;
const firstWord = /[\p{L}\p{N}_]/u;
const wordsOnly = /^(?:[\p{L}\p{M}\p{N}\s_/-]|\p{Extended_Pictographic}|\u{200d}|\u{fe0f})+$/u;
const linkKey = /^\[\[([^[\]|]+)(?:\|[^[\]]*)?\]\]$/u;

/**
 * Dataview's inline fields: `[key:: value]` and `(key:: value)` anywhere on a line, else one `key:: value` that is the whole
 * line (blacksmithgu/obsidian-dataview, docs/annotation/add-metadata.md and src/data-import/inline-field.ts).
 */
export function readFields({ text, hidden, linkSpans }: InlineContent): NoteField[] {
  if (!text.source.includes("::")) return [];
  // What is hidden or a link has no marks of its own: it keeps its place only.
  const marks = blanked(text.source, [...hidden, ...linkSpans]);
  const fields: NoteField[] = [];
  for (let from = 0; from <= marks.length;) {
    const next = marks.indexOf("\n", from);
    const to = next === -1 ? marks.length : next;
    if (marks.slice(from, to).includes("::")) {
      const line = {
        source: text.source.slice(from, to),
        marks: marks.slice(from, to),
        line: text.lineOf(from),
      };
      for (const field of fieldsOfLine(line)) fields.push(field);
    }
    from = to + 1;
  }
  return fields;
}

type FieldLine = { readonly source: string; readonly marks: string; readonly line: number };

function fieldsOfLine(line: FieldLine): NoteField[] {
  const bracketed = bracketedFields(line);
  if (bracketed.length > 0) return bracketed;
  const field = wholeLineField(line);
  return field ? [field] : [];
}

/** The text with spans of it replaced by characters that mean nothing, as many. */
function blanked(source: string, spans: readonly Span[]): string {
  if (spans.length === 0) return source;
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    if (end <= done) continue;
    const from = Math.max(start, done);
    parts.push(source.slice(done, from), source.slice(from, end).replaceAll(/[^\n]/g, "\0"));
    done = end;
  }
  return [...parts, source.slice(done)].join("");
}

function bracketedFields({ source, marks, line }: FieldLine): NoteField[] {
  const closes = closingBrackets(marks);
  const fields: NoteField[] = [];
  for (const [open, close] of closes) {
    const separator = separatorBehind(marks, open + 1, close);
    const key = separator === undefined ? "" : source.slice(open + 1, separator).trim();
    if (separator !== undefined && key !== "")
      fields.push({ key, value: source.slice(separator + 2, close).trim(), line });
  }
  return fields;
}

/** Where each bracket that is closed ends, in order; brackets count for their own kind only, as in Dataview. */
function closingBrackets(marks: string): ReadonlyMap<number, number> {
  const waiting = { "[": [] as number[], "(": [] as number[] };
  const pairs: [number, number][] = [];
  for (let at = 0; at < marks.length; at += 1) {
    const character = marks[at];
    // Like Dataview, which minds backslashes only before what would close.
    if (character === "\\" && (marks[at + 1] === "]" || marks[at + 1] === ")")) at += 1;
    else if (character === "[" || character === "(") waiting[character].push(at);
    else if (character === "]" || character === ")") {
      const open = waiting[character === "]" ? "[" : "("].pop();
      if (open !== undefined) pairs.push([open, at]);
    }
  }
  return new Map(pairs.toSorted(([a], [b]) => a - b));
}

/** The `::` behind a key, which has no brackets in it. */
function separatorBehind(marks: string, from: number, to: number): number | undefined {
  const end = Math.min(to, from + longestKey);
  for (let at = from; at < end; at += 1) {
    const character = marks[at];
    if (character === ":" && marks[at + 1] === ":" && at + 2 <= to) return at;
    if (character === "[" || character === "]" || character === "(" || character === ")") return undefined;
  }
  return undefined;
}

function wholeLineField({ source, marks, line }: FieldLine): NoteField | undefined {
  const separator = marks.indexOf("::");
  if (separator === -1 || separator > longestKey) return undefined;
  const written = source
    .slice(0, separator)
    .replace(/^\[.\]\s+/u, "")
    .trim();
  const key = keyOf(written);
  if (!key) return undefined;
  const value = source.slice(separator + 2).replace(/(?:^|\s)\^[A-Za-z0-9-]+\s*$/u, "");
  return { key, value: value.trim(), line };
}

/** Dataview: a link, or words, `/`, `-` and emoji; what is not a word before them is markup, and so are marks of emphasis behind. */
function keyOf(written: string): string | undefined {
  const link = written.indexOf("[[");
  const linked = link === -1 ? undefined : linkKey.exec(written.slice(link))?.[1];
  if (linked !== undefined) return linked.trim();
  let end = written.length;
  while (end > 0 && "_*~`".includes(written.charAt(end - 1))) end -= 1;
  const key = written.slice(Math.max(0, written.search(firstWord)), end).trim();
  return wordsOnly.test(key) ? key : undefined;
}
