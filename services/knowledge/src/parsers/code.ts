import { createRequire } from "node:module";

import { Language, Parser, type Tree } from "web-tree-sitter";

import { chunkCode } from "../core/chunkers/code.ts";
import { chunkText } from "../core/chunkers/text.ts";
import type { Chunk, ParsedDocument } from "../core/document.ts";
import { findLines, type TextLines } from "../core/lines.ts";
import { grammarOf, type Grammar } from "./code-languages.ts";
import { decodeText } from "./decode.ts";
import { fileName, type ParserInput } from "./parser.ts";

/** Longer files are generated or data, and cost the parser seconds. */
const longestChars = 1_000_000;
/** After which a file is read by lines: well below a document's deadline. */
const parseMs = 5_000;

export async function parseCode(input: ParserInput): Promise<ParsedDocument> {
  const text = decodeText(input);
  const lines = findLines(text);
  const grammar = text.length <= longestChars ? grammarOf(input.path) : undefined;
  const chunks = (grammar && (await chunksByTree(lines, grammar))) ?? chunkText(lines);
  const title = fileName(input.path);
  return { format: "code", title, text, tags: [], dateMs: undefined, properties: {}, chunks };
}

/** Undefined when the file cannot be read as its language. */
async function chunksByTree(lines: TextLines, grammar: Grammar): Promise<Chunk[] | undefined> {
  const parser = await parserFor(grammar);
  const tree = parseWithin(parser, lines.text);
  if (!tree) return undefined;
  try {
    return tree.rootNode.type === "ERROR" ? undefined : chunkCode(lines, tree.rootNode);
  } finally {
    tree.delete();
  }
}

function parseWithin(parser: Parser, text: string): Tree | null {
  const endMs = performance.now() + parseMs;
  const tree = parser.parse(text, null, { progressCallback: () => performance.now() > endMs });
  // A parser that was stopped would go on with the next text otherwise.
  if (!tree) parser.reset();
  return tree;
}

const parsers = new Map<Grammar, Promise<Parser>>();

function parserFor(grammar: Grammar): Promise<Parser> {
  const known = parsers.get(grammar);
  if (known) return known;
  const loading = load(grammar);
  parsers.set(grammar, loading);
  return loading;
}

async function load(grammar: Grammar): Promise<Parser> {
  await Parser.init();
  const file = createRequire(import.meta.url).resolve(
    `@vscode/tree-sitter-wasm/wasm/tree-sitter-${grammar}.wasm`,
  );
  const parser = new Parser();
  parser.setLanguage(await Language.load(file));
  return parser;
}
