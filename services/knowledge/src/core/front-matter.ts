import { parse } from "yaml";

import { linesText, shorten, type TextLines } from "./lines.ts";

/** What a note says of itself before it begins. */
export type FrontMatter = {
  /** How many lines it takes, its own marks included; 0 when there is none. */
  readonly lineCount: number;
  readonly title: string | undefined;
  readonly tags: readonly string[];
  readonly dateMs: number | undefined;
  /** Everything it says, as plain JSON; `front_matter_problem` when it could not be read. */
  readonly properties: Readonly<Record<string, unknown>>;
};

const longestChars = 65_536;
const mostTags = 64;
const longestTag = 256;
const longestTitle = 500;

/** Reads YAML between `---` on the first line and the next `---` or `...`. */
export function readFrontMatter(lines: TextLines): FrontMatter {
  const lineCount = countLines(lines);
  if (lineCount === 0) return saying(0, {});
  const yaml = linesText(lines, 1, Math.max(1, lineCount - 1));
  if (lineCount === 2) return saying(2, {});
  if (yaml.length > longestChars) return saying(lineCount, problem("it is longer than 64 KiB"));
  try {
    return saying(lineCount, plain(parse(yaml, { logLevel: "error" })));
  } catch (error) {
    return saying(lineCount, problem(error instanceof Error ? error.message : String(error)));
  }
}

function countLines(lines: TextLines): number {
  if (!/^---[ \t]*$/u.test(linesText(lines, 0, 1))) return 0;
  for (let line = 1; line < lines.starts.length; line += 1) {
    if (/^(?:---|\.\.\.)[ \t]*$/u.test(linesText(lines, line, line + 1))) return line + 1;
  }
  return 0;
}

function saying(lineCount: number, properties: Readonly<Record<string, unknown>>): FrontMatter {
  const { title, tags, tag, date, created, updated } = properties;
  const isTitle = (typeof title === "string" && title.trim() !== "") || typeof title === "number";
  return {
    lineCount,
    title: isTitle ? shorten(String(title).trim(), longestTitle) : undefined,
    tags: readTags([tags, tag]),
    dateMs: [date, created, updated].map((value) => readDate(value)).find((ms) => ms !== undefined),
    properties,
  };
}

function problem(reason: string): Readonly<Record<string, unknown>> {
  return { front_matter_problem: `The front matter was not read: ${shorten(reason, 500)}` };
}

/** What JSON can say of a YAML value: its dates become strings, and what is not a mapping is kept as `value`. */
function plain(value: unknown): Readonly<Record<string, unknown>> {
  const json: unknown = JSON.parse(JSON.stringify(value ?? {}).toWellFormed());
  return isRecord(json) ? json : { value: json };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lists, or strings with commas or spaces between the tags; with or without `#`. */
function readTags(values: readonly unknown[]): string[] {
  const tags = values.flat().flatMap((value) => {
    if (typeof value === "number") return [String(value)];
    if (typeof value !== "string") return [];
    return value.split(value.includes(",") ? "," : /\s+/u);
  });
  const cleaned = tags.map((tag) => shorten(tag.trim().replace(/^#+/u, ""), longestTag)).filter(Boolean);
  return [...new Set(cleaned)].slice(0, mostTags);
}

const isoDate =
  /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?) ?(Z|[+-]\d{2}:\d{2})?)?/u;

/** An ISO date or time in epoch ms, in UTC unless it names a zone. */
function readDate(value: unknown): number | undefined {
  const found = typeof value === "string" ? isoDate.exec(value.trim()) : null;
  if (!found) return undefined;
  const [, year, month, day, time = "00:00", zone = "Z"] = found;
  const ms = Date.parse(`${year}-${month}-${day}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
}
