import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { isMap, isScalar, LineCounter, type Document, parseDocument, visit } from "yaml";

import { modelKinds } from "@benchai/contract/models";

const strict = { additionalProperties: false } as const;

const devices = ["auto", "cpu", "gpu"] as const;
const Device = Type.Enum(devices);
const Kind = Type.Enum(modelKinds);

/** What may be set for every model and overridden for one. */
const common = {
  /** Tokens one conversation may hold. */
  context: Type.Optional(Type.Integer({ minimum: 16, maximum: 16_777_216 })),
  /** Requests the model answers at the same time. */
  parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
  /** Unloaded after so many seconds without a request. */
  idleS: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
  /** CPU threads for one worker. */
  threads: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_024 })),
  device: Type.Optional(Device),
  /** More arguments for llama-server, as they would stand on its command line. */
  flags: Type.Optional(Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 64 })),
  /** Another worker image than the stack's. */
  image: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
};

const Model = Type.Object(
  {
    ...common,
    /** The file in models/; without it, the name with `.gguf`. */
    file: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, pattern: "^[^/\\\\]+\\.gguf$" })),
    aliases: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 64 })),
    kind: Type.Optional(Kind),
    /** Loaded at start and never unloaded. */
    pin: Type.Optional(Type.Boolean()),
    /** Instead of the estimate from the file. */
    memoryMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 16_777_216 })),
  },
  strict,
);

export const Config = Type.Object(
  {
    limits: Type.Optional(
      Type.Object(
        {
          /** Models loaded at the same time. */
          maxLoaded: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_024 })),
          /** Memory for all workers together; without it, four fifths of the machine's. */
          memoryMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 16_777_216 })),
          /** A load that takes longer has failed. */
          loadDeadlineS: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
        },
        strict,
      ),
    ),
    defaults: Type.Optional(Type.Object(common, strict)),
    models: Type.Optional(Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Model)),
  },
  strict,
);
export type Config = Static<typeof Config>;
export type ModelConfig = Static<typeof Model>;

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

const topKeys = Object.keys(Config.properties);
const keysAt: ReadonlyMap<string, readonly string[]> = new Map([
  ["", topKeys],
  ["limits", Object.keys(Config.properties.limits.properties)],
  ["defaults", Object.keys(common)],
]);

function unknownKey(path: readonly string[], document: Document, lines: LineCounter): ConfigProblem {
  const parent = path.slice(0, -1).join(".");
  const known = keysAt.get(parent) ?? Object.keys(Model.properties);
  return {
    ...placeOf(path, document, lines),
    message: `${path.join(".")}: unknown setting; accepted are ${known.join(", ")}`,
  };
}

/** What may stand at a path, in words, from the schema's own bounds. */
function accepted(path: readonly string[]): string | undefined {
  const [section, ...rest] = path;
  if (section === undefined) return `expected settings by name (${topKeys.join(", ")})`;
  const [key, item] = section === "models" ? rest.slice(1) : rest;
  if (key === undefined) return "expected settings by name; delete the line when there are none";
  if (item !== undefined) return "expected a text";
  if (key === "device") return `expected one of ${devices.join(", ")}`;
  if (key === "kind") return `expected one of ${modelKinds.join(", ")}`;
  if (key === "file") return "expected the name of a .gguf file in models/, without a folder";
  const schemas: Readonly<Record<string, TSchema>> =
    section === "limits" ? Config.properties.limits.properties : Model.properties;
  return describeSchema(schemas[key]);
}

function describeSchema(schema: TSchema | undefined): string | undefined {
  if (Type.IsInteger(schema) && "minimum" in schema && "maximum" in schema)
    return `expected a whole number from ${String(schema.minimum)} to ${String(schema.maximum)}`;
  if (Type.IsBoolean(schema)) return "expected true or false";
  if (Type.IsArray(schema)) return "expected a list of texts";
  return Type.IsString(schema) ? "expected a text" : undefined;
}

/** llama-server arguments that are ours to give, or that would open the worker to what it must not do. */
const reservedFlags =
  /^(-m|--model|-mu|--model-url|-hf|-hfr|--hf-.*|-dr|--docker-repo|--host|--port|--reuse-port|--api-key|--api-key-file|-a|--alias|--tools|--tools-.*|-ag|--agent|--ui-mcp-proxy|--webui-mcp-proxy|--path|--ssl-.*|--slot-save-path|--log-file|--media-path|--models-.*|-np|--parallel|-c|--ctx-size)(=.*)?$/;

type Say = (path: readonly (string | number)[], message: string) => void;

function semanticProblems(config: Config, document: Document, lines: LineCounter): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const say: Say = (path, message) =>
    problems.push({ ...placeOf(path, document, lines), message: `${path.join(".")}: ${message}` });
  checkFlags(["defaults"], config.defaults?.flags, say);
  for (const [name, { flags }] of Object.entries(config.models ?? {}))
    checkFlags(["models", name], flags, say);
  checkAliases(config.models ?? {}, say);
  return problems;
}

function checkFlags(path: readonly string[], flags: readonly string[] | undefined, say: Say) {
  for (const [i, flag] of (flags ?? []).entries())
    // llama.cpp (common/arg.cpp) reads `_` in a long option as `-`.
    if (reservedFlags.test(flag.replaceAll("_", "-")))
      say(
        [...path, "flags", i],
        `${flag} cannot be set here; use the settings context, parallel and file, the rest is the controller's`,
      );
}

function checkAliases(models: Readonly<Record<string, ModelConfig>>, say: Say): void {
  const owners = new Map(Object.keys(models).map((name) => [name, name]));
  for (const [name, { aliases = [] }] of Object.entries(models))
    for (const [i, alias] of aliases.entries()) {
      const owner = owners.get(alias);
      if (owner !== undefined)
        say(
          ["models", name, "aliases", i],
          `${alias} is already the name of ${owner}; a name leads to one model`,
        );
      owners.set(alias, name);
    }
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
