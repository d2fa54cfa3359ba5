import { htmlEndAt, type MarkdownLine } from "../chunkers/markdown-line.ts";

/** How an HTML block ends: with the line that holds the mark, or, without one, before the next blank line. */
export type HtmlBlockEnd = { readonly mark: string | undefined };

const blockTags = new Set(
  `address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt
  fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main
  menu menuitem nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead title tr
  track ul`.split(/\s+/u),
);
/** Longer tags are text: it bounds what one `<` may cost. */
const longestTag = 4096;
const attribute = String.raw`\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>${"`"}]+|'[^']*'|"[^"]*"))?`;
const tag = new RegExp(`^<(?:[A-Za-z][A-Za-z0-9-]*(?:${attribute})*\\s*/?|/[A-Za-z][A-Za-z0-9-]*\\s*)>`, "u");

/** Where the HTML tag ends that begins at `at` (CommonMark 6.6). */
export function htmlTagEnd(text: string, at: number): number | undefined {
  const found = tag.exec(text.slice(at, at + longestTag));
  return found ? at + found[0].length : undefined;
}

/** The HTML block that begins with this line (CommonMark 4.6): Obsidian reads nothing in it as Markdown. */
export function htmlBlockAt(
  text: string,
  line: MarkdownLine,
  isInParagraph: boolean,
): HtmlBlockEnd | undefined {
  if (text.charCodeAt(line.from) !== 0x3c) return undefined;
  const marked = htmlEndAt(text, line) ?? declarationEnd(text, line.from);
  if (marked) return { mark: marked };
  const name = /^<\/?([a-z][a-z0-9]*)(?:[\s/>]|$)/iu.exec(
    text.slice(line.from, Math.min(line.to, line.from + 16)),
  );
  if (name?.[1] && blockTags.has(name[1].toLowerCase())) return { mark: undefined };
  const end = isInParagraph ? undefined : htmlTagEnd(text, line.from);
  const isAlone = end !== undefined && end <= line.to && text.slice(end, line.to).trim() === "";
  return isAlone ? { mark: undefined } : undefined;
}

function declarationEnd(text: string, at: number): string | undefined {
  if (text.startsWith("<?", at)) return "?>";
  if (text.startsWith("<![CDATA[", at)) return "]]>";
  return /^<![A-Za-z]/u.test(text.slice(at, at + 3)) ? ">" : undefined;
}
