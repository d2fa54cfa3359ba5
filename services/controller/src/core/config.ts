import { Value } from "typebox/value";
import { isMap, isScalar, LineCounter, type Document, parseDocument, visit } from "yaml";

import { checkRules } from "./config-rules.ts";
import { Config } from "./config-schema.ts";
import { accepted, knownKeys } from "./config-words.ts";

/** One thing wrong with the file; `line` and `column` count from 1. */
export type ConfigProblem = {
  readonly line: number;
  readonly column: number;
  readonly message: string;
};
export type ParsedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Parses and checks the text of `benchai.yaml`, and reports every problem with its place. An empty file is fine. */
export function parseConfig(text: string): ParsedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    // Nothing of the file may reach the log as a warning.
    logLevel: "error",
  });
  const syntax = document.errors.map((e) => ({ ...place(lines, e.pos[0]), message: e.message }));
  if (syntax.length > 0) return { ok: false, problems: syntax };
  const value = plainValue(document);
  if (value instanceof Error)
    return {
      ok: false,
      problems: [{ ...place(lines, lostAlias(document)), message: value.message }],
    };
  if (Value.Check(Config, value)) {
    const problems = semanticProblems(value, document, lines);
    return problems.length === 0 ? { ok: true, config: value } : { ok: false, problems };
  }
  return { ok: false, problems: schemaProblems(value, document, lines) };
}

/** What the document says, or why it cannot be told: an alias that names nothing, or a bomb of them. */
function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    return error instanceof Error ? error : new Error("it cannot be read");
  }
}

/** Where the first alias stands that names nothing; 0 when there is none. */
function lostAlias(document: Document): number {
  let at = 0;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return undefined;
      at = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return at;
}

/** `benchai.yaml:3:7: models.qwen.parallel: …`, one problem a line. */
export function problemsText(file: string, problems: readonly ConfigProblem[]): string {
  return problems.map((p) => `${file}:${p.line}:${p.column}: ${p.message}`).join("\n");
}

function schemaProblems(value: unknown, document: Document, lines: LineCounter): ConfigProblem[] {
  const found = new Map<string, ConfigProblem>();
  for (const error of Value.Errors(Config, value)) {
    const path = error.instancePath.split("/").slice(1).map(unescapePointer);
    if (error.keyword === "additionalProperties") {
      for (const name of error.params.additionalProperties)
        found.set([...path, name].join("."), unknownKey([...path, name], document, lines));
      continue;
    }
    const at = path.join(".");
    if (error.keyword === "required") {
      const missing = error.params.requiredProperties.join(", ");
      found.set(at, { ...placeOf(path, document, lines), message: `${at}: ${missing} is missing` });
      continue;
    }
    // A union reports each of its branches: the first line about a place says it all.
    if (!found.has(at))
      found.set(at, {
        ...placeOf(path, document, lines),
        message: `${at || "the file"}: ${accepted(path) ?? error.message}`,
      });
  }
  return [...found.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function unknownKey(path: readonly string[], document: Document, lines: LineCounter): ConfigProblem {
  return {
    ...placeOf(path, document, lines),
    message: `${path.join(".")}: unknown setting; accepted are ${knownKeys(path).join(", ")}`,
  };
}

function semanticProblems(config: Config, document: Document, lines: LineCounter): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  checkRules(config, (path, message) =>
    problems.push({ ...placeOf(path, document, lines), message: `${path.join(".")}: ${message}` }),
  );
  return problems;
}

/** Where a path stands in the file; the nearest parent that does when it is missing itself. */
function placeOf(path: readonly (string | number)[], document: Document, lines: LineCounter) {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair && isScalar(pair.key) && pair.key.range) return place(lines, pair.key.range[0]);
    }
    const node = document.getIn(path.slice(0, depth), true);
    if (isScalar(node) && node.range) return place(lines, node.range[0]);
  }
  return { line: 1, column: 1 };
}

function place(lines: LineCounter, offset: number) {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
