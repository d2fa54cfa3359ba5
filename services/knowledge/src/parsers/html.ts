import { NodeHtmlMarkdown } from "node-html-markdown";

import type { ParsedDocument } from "../core/document.ts";
import { decodeText, normalised } from "./decode.ts";
import { htmlPieces } from "./html-pieces.ts";
import { fromMarkdown } from "./markdown.ts";
import type { ParserInput } from "./parser.ts";

const ignored = ["script", "style", "noscript", "template", "svg", "iframe", "object", "head"];
const converter = new NodeHtmlMarkdown({ ignore: ignored, keepDataImages: false, useInlineLinks: false });

export function parseHtml(input: ParserInput): ParsedDocument {
  const html = decodeText(input);
  const title = /<title[^>]*>([^<]{0,2000})<\/title/iu.exec(html)?.[1];
  return fromMarkdown("html", markdownOf(html), input.path, title && decodeEntities(title));
}

/** HTML as Markdown, without scripts and styles. */
export function markdownOf(html: string): string {
  const pieces = htmlPieces(html).map((piece) => converter.translate(piece).trim());
  return normalised(pieces.filter(Boolean).join("\n\n"));
}

const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  ndash: "–",
  mdash: "—",
  middot: "·",
};

function decodeEntities(text: string): string {
  const decoded = text.replaceAll(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,8}));/giu,
    (whole, decimal, hex, name) => {
      if (name) return named[String(name).toLowerCase()] ?? whole;
      const code = decimal ? Number(decimal) : Number.parseInt(String(hex), 16);
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "";
    },
  );
  return decoded.toWellFormed();
}
