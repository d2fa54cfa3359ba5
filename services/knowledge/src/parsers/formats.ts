import { documentFormats, type DocumentFormat } from "@benchai/contract/rag";

import { codeExtensions, codeFileNames } from "./code-languages.ts";
import type { Parser } from "./parser.ts";

type Format = {
  /** Without the dot, in small letters. */
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
  /** Loads the parser when its first document comes: most services' lives see few formats. */
  readonly load: () => Promise<Parser>;
};

const textExtensions = "txt text log rst adoc asciidoc org tex bib srt vtt eml".split(" ");
const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/** One line a format, and one file: what it is called and what reads it. */
// oxfmt-ignore
export const formats = {
  markdown: { extensions: ["md", "markdown", "mdx", "mkd"], mediaTypes: ["text/markdown", "text/x-markdown"], load: async () => (await import("./markdown.ts")).parseMarkdown },
  text: { extensions: textExtensions, mediaTypes: ["text/plain"], load: async () => (await import("./text.ts")).parseText },
  code: { extensions: codeExtensions, mediaTypes: ["text/javascript", "application/javascript", "text/css", "application/xml", "text/xml", "application/yaml", "application/toml"], load: async () => (await import("./code.ts")).parseCode },
  html: { extensions: ["html", "htm", "xhtml"], mediaTypes: ["text/html", "application/xhtml+xml"], load: async () => (await import("./html.ts")).parseHtml },
  pdf: { extensions: ["pdf"], mediaTypes: ["application/pdf"], load: async () => (await import("./pdf.ts")).parsePdf },
  docx: { extensions: ["docx"], mediaTypes: [docxType], load: async () => (await import("./docx.ts")).parseDocx },
  csv: { extensions: ["csv", "tsv"], mediaTypes: ["text/csv", "text/tab-separated-values"], load: async () => (await import("./csv.ts")).parseCsv },
  json: { extensions: ["json", "jsonl", "ndjson", "geojson", "webmanifest"], mediaTypes: ["application/json", "application/jsonl", "application/x-ndjson"], load: async () => (await import("./json.ts")).parseJson },
  ipynb: { extensions: ["ipynb"], mediaTypes: ["application/x-ipynb+json"], load: async () => (await import("./ipynb.ts")).parseIpynb },
  canvas: { extensions: ["canvas"], mediaTypes: [], load: async () => (await import("./canvas.ts")).parseCanvasFile },
} as const satisfies Record<DocumentFormat, Format>;

const byExtension = new Map<string, DocumentFormat>(
  documentFormats.flatMap((format) =>
    formats[format].extensions.map((extension) => [extension, format] as const),
  ),
);
const byMediaType = new Map<string, DocumentFormat>(
  documentFormats.flatMap((format) => formats[format].mediaTypes.map((type) => [type, format] as const)),
);

/** Files that are known by their whole name, in small letters. */
const textFileNames = new Set([
  "readme",
  "license",
  "licence",
  "copying",
  "changelog",
  "authors",
  "notice",
  "todo",
]);

/** The format of a file, by its name, else by its media type; undefined for what is not supported. */
export function formatOf(path: string, mediaType?: string): DocumentFormat | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const known = byExtension.get(name.slice(name.lastIndexOf(".") + 1));
  if (known && name.includes(".")) return known;
  if (codeFileNames.has(name)) return "code";
  if (textFileNames.has(name)) return "text";
  const type = mediaType?.split(";")[0]?.trim().toLowerCase() ?? "";
  return byMediaType.get(type) ?? (type.startsWith("text/x-") ? "code" : undefined);
}
