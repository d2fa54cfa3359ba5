import { isMap, isScalar, isSeq, parseDocument, type Scalar } from "yaml";

import { frontMatterYaml } from "../front-matter.ts";
import { lineAt, startOf, type TextLines } from "../lines.ts";
import { cutTarget, readSubpath } from "./link-target.ts";
import type { NoteLink } from "./note.ts";

/**
 * Links in the front matter: text values, however deep, that are one wikilink and nothing else. Obsidian knows no
 * others there (Obsidian Help, Properties, "Internal links"): no embeds, no Markdown links, none within other text.
 */
export function readPropertyLinks(lines: TextLines, lineCount: number): NoteLink[] {
  if (lineCount <= 2) return [];
  const yaml = frontMatterYaml(lines, lineCount);
  if (!yaml.includes("[[")) return [];
  const found: NoteLink[] = [];
  const start = startOf(lines, 1);
  for (const scalar of scalarsOf(parseDocument(yaml, { logLevel: "silent" }).contents)) {
    const link = linkOf(scalar, yaml, start);
    if (link) found.push({ ...link, line: lineAt(lines, link.span.start) + 1 });
  }
  return found;
}

function* scalarsOf(node: unknown): Generator<Scalar> {
  const waiting = [node];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (isScalar(next)) yield next;
    else if (isMap(next)) waiting.push(...next.items.map(({ value }) => value).toReversed());
    else if (isSeq(next)) waiting.push(...next.items.toReversed());
  }
}

function linkOf(scalar: Scalar, yaml: string, start: number): Omit<NoteLink, "line"> | undefined {
  const { value, range } = scalar;
  const content = range ? contentOf(value) : undefined;
  if (content === undefined || !range) return undefined;
  const [bar, written] = cutDisplay(content);
  const target = cutTarget(written);
  if (target.path === "" && target.subpath === "") return undefined;
  // As it stands in the file, quotes doubled or escaped.
  const raw = yaml.slice(range[0], range[1]);
  const open = raw.indexOf("[[");
  const close = raw.lastIndexOf("]]");
  if (open === -1 || close < open) return undefined;
  const rawTarget = cutTarget(cutDisplay(raw.slice(open + 2, close))[1]);
  const at = start + range[0] + open;
  return {
    kind: "wikilink",
    isEmbed: false,
    target: target.path,
    subpath: readSubpath(target.subpath),
    display: bar === -1 ? undefined : content.slice(bar + 1).trim() || undefined,
    span: { start: at, end: start + range[0] + close + 2 },
    targetSpan: { start: at + 2 + rawTarget.from, end: at + 2 + rawTarget.to },
    isProperty: true,
  };
}

function contentOf(value: unknown): string | undefined {
  const content = typeof value === "string" ? /^\[\[([^\n]+)\]\]$/u.exec(value.trim())?.[1] : undefined;
  return content?.includes("[[") || content?.includes("]]") ? undefined : content;
}

function cutDisplay(content: string): readonly [bar: number, written: string] {
  const bar = content.indexOf("|");
  return [bar, bar === -1 ? content : content.slice(0, bar).replace(/\\+$/u, "")];
}
