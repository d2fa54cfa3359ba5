import { findLines, startOf } from "../lines.ts";
import type { Note } from "./note.ts";
import { parseNote } from "./parse-note.ts";
import { sectionOf } from "./sections.ts";

/** How the plugin is told to put text below a heading: by `Heading` headers (versions 1 and 2), or by `Target` ones (3 to 5). */
export type PatchStyle = "heading" | "target";

/** A PATCH that makes one text of another, as far as the plugin reads the note as we do. */
export type RestPatch = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** A heading in its note: the names of all above it and its own, and where its section begins and ends. */
type Section = {
  readonly names: readonly string[];
  readonly lines: readonly string[];
  /** Index of the line after the heading's own, and after the section's last. */
  readonly first: number;
  readonly end: number;
};

/**
 * The PATCH that turns `before` into `after`, which has lines more in the section of a heading; undefined when the plugin
 * has no such change, or might mean another heading. After its OpenAPI and the source of both styles: what it inserts is
 * exactly the body, so whatever `after` adds, blank lines included, is the body.
 */
export function headingPatch(
  style: PatchStyle,
  before: string,
  after: string,
  path: readonly string[],
): RestPatch | undefined {
  if (before === after) return undefined;
  // With other line ends it cuts lines between their two characters.
  if (before.includes("\r") || after.includes("\r") || before.startsWith("\u{feff}")) return undefined;
  const section = findSection(before, path);
  if (!section) return undefined;
  const delimiter = ["::", "//", "@@", "%%"].find(
    (mark) => !section.names.some((name) => name.includes(mark)),
  );
  if (delimiter === undefined) return undefined;
  return style === "heading"
    ? byHeading(section, before, after, delimiter)
    : byTarget(section, before, after, delimiter);
}

function findSection(text: string, path: readonly string[]): Section | undefined {
  const note = parseNote(text);
  const found = sectionOf(note, path);
  if (!found) return undefined;
  const paths = fullPaths(note);
  const at = note.headings.findIndex(({ line }) => line === found.line);
  const names = paths[at] ?? [];
  // Of headings with the same names, or whose names end so, the plugin takes the first or the last.
  const alike = paths.filter((other) => names.every((name, i) => other.at(i - names.length) === name));
  if (alike.length !== 1) return undefined;
  const lines = text.split("\n");
  const end = found.endLine + (text.endsWith("\n") && found.endLine === lines.length - 1 ? 1 : 0);
  return { names, lines, first: found.line, end };
}

function fullPaths({ headings }: Note): readonly (readonly string[])[] {
  const above: { readonly level: number; readonly text: string }[] = [];
  return headings.map(({ level, text }) => {
    while ((above.at(-1)?.level ?? 0) >= level) above.pop();
    above.push({ level, text });
    return above.map((heading) => heading.text);
  });
}

/** Lines are put in before a line: the one after the heading, the one after the section, or the blank ones before that. */
function byHeading(
  section: Section,
  before: string,
  after: string,
  delimiter: string,
): RestPatch | undefined {
  const { names, lines, first, end } = section;
  const heading = names.join(delimiter);
  // It is not decoded there.
  if (!/^[!-~](?:[ -~]*[!-~])?$/u.test(heading)) return undefined;
  let filled = end;
  while (filled > 0 && lines[filled - 1] === "") filled -= 1;
  const places = [
    { at: filled, position: "end", ignore: "true" },
    { at: end, position: "end", ignore: "false" },
    { at: first, position: "beginning", ignore: "false" },
  ];
  for (const { at, position, ignore } of places) {
    const body = insertedLines(before, after, at);
    if (body === undefined || body === "") continue;
    const headers = {
      heading,
      "heading-boundary": delimiter,
      "content-insertion-position": position,
      "content-insertion-ignore-newline": ignore,
    };
    return { headers, body };
  }
  return undefined;
}

/** What `after` has more, as whole lines before the line `at`; undefined when it is not that. */
function insertedLines(before: string, after: string, at: number): string | undefined {
  const start = startOf(findLines(before), at);
  if (start > before.length)
    return after.startsWith(`${before}\n`) ? after.slice(before.length + 1) : undefined;
  return between(after, before.slice(0, start), `\n${before.slice(start)}`);
}

function byTarget(section: Section, before: string, after: string, delimiter: string): RestPatch | undefined {
  const lines = findLines(before);
  const [start, end] = [section.first, section.end].map((line) =>
    Math.min(startOf(lines, line), before.length),
  );
  const appended = between(after, before.slice(0, end).trimEnd(), before.slice(end));
  // A heading that ends the note without a line end would get the text on its own line.
  const isOpen = section.first >= section.lines.length;
  const prepended = isOpen ? undefined : between(after, before.slice(0, start), before.slice(start));
  const operation = appended ? "append" : "prepend";
  const body = appended ?? prepended;
  if (body === undefined || body === "") return undefined;
  const headers = {
    operation,
    "target-type": "heading",
    target: encodeURIComponent(section.names.join(delimiter)),
    "target-delimiter": delimiter,
    // Blank lines are the body's own, so that no version adds some as it sees fit.
    "trim-target-whitespace": operation === "append" ? "true" : "false",
    "create-target-if-missing": "false",
    // Version 5 wants to be told, older ones do not look.
    "markdown-patch-version": "1",
  };
  return { headers, body };
}

/** What stands between two texts; undefined when the whole does not begin and end with them. */
function between(whole: string, before: string, after: string): string | undefined {
  const isSo =
    whole.length >= before.length + after.length && whole.startsWith(before) && whole.endsWith(after);
  return isSo ? whole.slice(before.length, whole.length - after.length) : undefined;
}

/** The body of a POST that turns `before` into `after`: it adds text at the end, after a line end where there is none. */
export function postBody(before: string, after: string): string | undefined {
  if (before.startsWith("\u{feff}")) return undefined;
  const added = between(after, before.endsWith("\n") ? before : `${before}\n`, "");
  return added === "" ? undefined : added;
}
