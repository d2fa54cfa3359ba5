import { parse, stringify } from "yaml";

/** A PATCH as the stub got it: headers in lower case, the body's text. */
export type PatchRequest = {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

/** The patched text, or the plugin's error code. */
export type Patched = { readonly text: string } | { readonly errorCode: number; readonly message: string };

type Section = { readonly path: readonly string[]; readonly level: number; readonly line: number };
type Range = { readonly start: number; readonly end: number };

function header(request: PatchRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** ATX headings outside of fences, with all headings above each. */
function sections(lines: readonly string[]): readonly Section[] {
  const found: Section[] = [];
  const above: Section[] = [];
  let fence = "";
  for (const [line, text] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/u.exec(text)?.[1] ?? "";
    if (fence !== "") {
      if (mark.startsWith(fence)) fence = "";
      continue;
    }
    if (mark !== "") fence = mark;
    const [, marks, title = ""] = /^(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$/u.exec(text) ?? [];
    if (mark !== "" || marks === undefined) continue;
    while ((above.at(-1)?.level ?? 0) >= marks.length) above.pop();
    const section = { path: [...(above.at(-1)?.path ?? []), title], level: marks.length, line };
    above.push(section);
    found.push(section);
  }
  return found;
}

/** The next line that is a heading of the same or a higher level, or how many lines there are. */
function endLine(all: readonly Section[], section: Section, lines: readonly string[]): number {
  return all.find(({ line, level }) => line > section.line && level <= section.level)?.line ?? lines.length;
}

/** Versions 1 and 2 (and 3, until 4): lines are put below the first heading whose names, from the innermost, are these. */
export function patchByHeading(text: string, request: PatchRequest): Patched {
  const names = (header(request, "heading") ?? "").split(header(request, "heading-boundary") ?? "::");
  const position = header(request, "content-insertion-position") ?? "end";
  if (position !== "end" && position !== "beginning")
    return { errorCode: 40050, message: "Invalid 'Content-Insertion-Position' header value." };
  if (names.join("") === "") return { errorCode: 40052, message: "'Heading' header is required" };
  const lines = text.split("\n");
  const all = sections(lines);
  const section = all.find(({ path }) => names.every((name, i) => path.at(i - names.length) === name));
  if (!section) return { errorCode: 40051, message: "No heading in specified file could be found" };
  let at = position === "end" ? endLine(all, section, lines) : section.line + 1;
  const ignoresBlank = header(request, "content-insertion-ignore-newline")?.toLowerCase() === "true";
  if (position === "end" && ignoresBlank) while (lines[at - 1] === "") at -= 1;
  return { text: lines.toSpliced(at, 0, request.body).join("\n") };
}

/** Version 3 to 5: `Operation`, `Target-Type`, `Target` (URL-encoded) and what refines them. */
export function patchByTarget(text: string, request: PatchRequest): Patched {
  const type = header(request, "target-type");
  const operation = header(request, "operation");
  const raw = decodeURIComponent(header(request, "target") ?? "");
  const target = header(request, "trim-target-whitespace") === "true" ? raw.trim() : raw;
  if (type === undefined) return { errorCode: 40053, message: "No 'Target-Type' header was provided." };
  if (!["heading", "block", "frontmatter"].includes(type))
    return { errorCode: 40054, message: "The 'Target-Type' header you provided was invalid." };
  if (operation === undefined) return { errorCode: 40056, message: "No 'Operation' header was provided." };
  if (!["append", "prepend", "replace"].includes(operation))
    return { errorCode: 40057, message: "The 'Operation' header you provided was invalid." };
  if (type === "frontmatter") return patchFrontMatter(text, request, operation, target);
  const range = type === "heading" ? headingRange(text, request, target) : blockRange(text, target);
  if (!range) return { errorCode: 40080, message: "invalid-target" };
  return { text: spliced(text, request, operation, range) };
}

function headingRange(text: string, request: PatchRequest, target: string): Range | undefined {
  const path = target.split(header(request, "target-delimiter") ?? "::");
  const lines = text.split("\n");
  const all = sections(lines);
  // The last of several with one path: each overwrites the one before it in the plugin's map.
  const section = all.findLast((one) => one.path.join("\u001F") === path.join("\u001F"));
  if (!section) return undefined;
  const offset = (line: number) => lines.slice(0, line).join("\n").length + (line > 0 ? 1 : 0);
  const end = endLine(all, section, lines);
  return { start: offset(section.line + 1), end: end === lines.length ? text.length : offset(end) };
}

function blockRange(text: string, id: string): Range | undefined {
  let start = 0;
  for (const line of text.split("\n")) {
    const marker = ` ^${id}`;
    if (line.endsWith(marker)) return { start, end: start + line.length - marker.length };
    start += line.length + 1;
  }
  return undefined;
}

/** markdown-patch 1.x: the content is put in as it is, but for what follows the last line of a section. */
function spliced(text: string, request: PatchRequest, operation: string, { start, end }: Range): string {
  const isTrimmed = header(request, "trim-target-whitespace") === "true";
  const { body } = request;
  const after = text.slice(end);
  if (operation === "replace") return text.slice(0, start) + body + after;
  if (operation === "prepend") {
    const rest = isTrimmed ? text.slice(start).trimStart() : text.slice(start);
    return text.slice(0, start) + body + rest;
  }
  if (isTrimmed) return text.slice(0, end).trimEnd() + body + after;
  const hadBlank = after !== "" && !after.startsWith("\n") && text.slice(0, end).endsWith("\n\n");
  const padded = hadBlank && !body.endsWith("\n\n") ? `${body}${body.endsWith("\n") ? "\n" : "\n\n"}` : body;
  const before = after === "" ? text.slice(0, end).replace(/\n{2,}$/u, "\n") : text.slice(0, end);
  return before + padded + after;
}

/** The whole front matter is written anew: comments, quotes and the like are gone. */
function patchFrontMatter(text: string, request: PatchRequest, operation: string, key: string): Patched {
  const [all = "", yaml = ""] = /^---\n([\s\S]*?)\n---\n/u.exec(text) ?? [];
  const properties = (parse(yaml) ?? {}) as Record<string, unknown>;
  if (!(key in properties) && header(request, "create-target-if-missing") !== "true")
    return { errorCode: 40080, message: "invalid-target" };
  const isJson = header(request, "content-type") === "application/json";
  const value: unknown = isJson ? JSON.parse(request.body) : request.body;
  const old = properties[key];
  const lists = { append: [old, value].flat(), prepend: [value, old].flat() };
  properties[key] = operation === "append" || operation === "prepend" ? lists[operation] : value;
  return { text: `---\n${stringify(properties)}---\n${text.slice(all.length)}` };
}
