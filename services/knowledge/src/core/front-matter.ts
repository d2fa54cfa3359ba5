import { parse } from "yaml";

import { linesText, shorten, type TextLines } from "./lines.ts";

/** What a note says of itself before it begins. */
export type FrontMatter = {
  /** How many lines it takes, its own marks included; 0 when there is none. */
  readonly lineCount: number;
  readonly title: string | undefined;
  readonly tags: readonly string[];
  /** Other names of the note, of `aliases` and `alias`. */
  readonly aliases: readonly string[];
  readonly dateMs: number | undefined;
  /** Everything it says, as plain JSON; `front_matter_problem` when it could not be read. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Why it could not be read, or is not a mapping. */
  readonly problem: string | undefined;
};

const longestChars = 65_536;
const mostTags = 64;
const longestTag = 256;
const longestTitle = 500;

/** Reads YAML between `---` on the first line and the next `---` or `...`. */
export function readFrontMatter(lines: TextLines): FrontMatter {
  const lineCount = countLines(lines);
  if (lineCount <= 2) return saying(lineCount, {});
  const yaml = frontMatterYaml(lines, lineCount);
  if (yaml.length > longestChars) return broken(lineCount, "it is longer than 64 KiB");
  try {
    const json = plain(parse(yaml, { logLevel: "error" }));
    if (isRecord(json)) return saying(lineCount, json);
    return {
      ...saying(lineCount, { value: json }),
      problem: "The front matter is not a mapping of keys to values",
    };
  } catch (error) {
    return broken(lineCount, error instanceof Error ? error.message : String(error));
  }
}

/** What stands between the marks of a front matter of so many lines. */
export function frontMatterYaml(lines: TextLines, lineCount: number): string {
  // To YAML, a carriage return ends a line only before a line feed.
  return linesText(lines, 1, lineCount - 1).replace(/\r$/u, "");
}

function countLines(lines: TextLines): number {
  if (!/^---[ \t]*\r?$/u.test(linesText(lines, 0, 1))) return 0;
  for (let line = 1; line < lines.starts.length; line += 1) {
    if (/^(?:---|\.\.\.)[ \t]*\r?$/u.test(linesText(lines, line, line + 1))) return line + 1;
  }
  return 0;
}

function saying(lineCount: number, properties: Readonly<Record<string, unknown>>): FrontMatter {
  const { title, date, created, updated } = properties;
  const isTitle = (typeof title === "string" && title.trim() !== "") || typeof title === "number";
  return {
    lineCount,
    title: isTitle ? shorten(String(title).trim(), longestTitle) : undefined,
    tags: readTags(named(properties, "tags", "tag")),
    aliases: readAliases(named(properties, "aliases", "alias")),
    dateMs: [date, created, updated].map((value) => readDate(value)).find((ms) => ms !== undefined),
    properties,
    problem: undefined,
  };
}

function broken(lineCount: number, reason: string): FrontMatter {
  const problem = `The front matter was not read: ${shorten(reason, 500)}`;
  return { ...saying(lineCount, { front_matter_problem: problem }), problem };
}

/** What JSON can say of a YAML value: its dates become strings. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? {}).toWellFormed());
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands under any of the keys, written in any case, as Obsidian reads its own. */
function named(properties: Readonly<Record<string, unknown>>, ...keys: readonly string[]): unknown[] {
  return keys.flatMap((key) =>
    Object.entries(properties).flatMap(([name, value]) => (name.toLowerCase() === key ? [value] : [])),
  );
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

/** Lists, or one string that is one alias, commas and all (Obsidian's `parseFrontMatterAliases`). */
function readAliases(values: readonly unknown[]): string[] {
  const names = values.flat().filter((value) => typeof value === "string" || typeof value === "number");
  const cleaned = names.map((value) => shorten(String(value).trim(), longestTitle)).filter(Boolean);
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
