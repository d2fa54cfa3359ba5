import { Document, isMap, isNode, isScalar, type Node, parseDocument, type Pair } from "yaml";

import { AppError } from "@benchai/contract/errors";

/** The YAML of a front matter that can be edited: `yaml` is empty or ends with a line end. */
export type Properties = {
  readonly yaml: string;
  readonly pairs: readonly Pair[];
  readonly values: Readonly<Record<string, unknown>>;
  /** Spaces before each property. */
  readonly indent: number;
};

/** Reads the properties, or says why they cannot be read. */
export function readProperties(yaml: string): Properties | string {
  try {
    const document = parseDocument(yaml, { logLevel: "error" });
    const [problem] = document.errors;
    if (problem) return problem.message;
    const { contents } = document;
    if (contents === null) return { yaml, pairs: [], values: {}, indent: 0 };
    if (!isMap(contents) || contents.flow === true) return "it is no list of properties, one a line";
    const first = startOfKey(contents.items[0]);
    const indent = first === undefined ? 0 : first - lineStartAt(yaml, first);
    return { yaml, pairs: contents.items, values: valuesOf(document), indent };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function valuesOf(document: Document): Readonly<Record<string, unknown>> {
  const values: unknown = document.toJS();
  return typeof values === "object" && values !== null ? Object.fromEntries(Object.entries(values)) : {};
}

function startOfKey(pair: Pair | undefined): number | undefined {
  return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
}

/** Whether two lists of properties say the same, in the same order. */
export function isSameYaml(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A property as it stands in the YAML; all offsets are of that. */
export type FoundProperty = {
  readonly name: string;
  readonly node: Node | undefined;
  readonly keyStart: number;
  /** After the colon. */
  readonly afterColon: number;
  readonly valueStart: number;
  /** The end of the value's last character that is no white space, or `afterColon`. */
  readonly valueEnd: number;
};

/** The property of this name, or the only one whose name differs from it in case alone, as Obsidian sees it. */
export function findPair({ yaml, pairs, indent }: Properties, name: string): FoundProperty | undefined {
  const named = (isName: (key: string) => boolean) =>
    pairs.filter(({ key }) => isScalar(key) && isName(String(key.value)));
  const alike = named((key) => key.toLowerCase() === name.toLowerCase());
  const pair = named((key) => key === name)[0] ?? (alike.length === 1 ? alike[0] : undefined);
  if (!pair || !isScalar(pair.key)) return undefined;
  const [keyStart, keyEnd] = pair.key.range ?? [0, 0];
  const afterColon = yaml.indexOf(":", keyEnd) + 1;
  const isPlain =
    keyStart - lineStartAt(yaml, keyStart) === indent && /^[ ]*:$/u.test(yaml.slice(keyEnd, afterColon));
  if (!isPlain)
    throw new AppError(
      "invalid_request",
      `the property ${JSON.stringify(name)} is written in a way that cannot be changed on its own; change it by hand`,
      { param: "target" },
    );
  const node = isNode(pair.value) ? pair.value : undefined;
  const [valueStart, end] = node?.range ?? [afterColon, afterColon];
  const valueEnd = Math.max(afterColon, yaml.slice(0, end).trimEnd().length);
  return { name: String(pair.key.value), node, keyStart, afterColon, valueStart, valueEnd };
}

/** `key: value` with a line end, each line indented. */
export function printPair(key: string, value: unknown, indent: number): string {
  return `${" ".repeat(indent)}${printed(new Map([[key, null]])).slice(0, -7)}:${printValue(value, indent)}\n`;
}

/** What stands after a property's colon. */
export function printValue(value: unknown, indent: number): string {
  return value === null ? "" : indented(printed({ k: value }).slice(2, -1), indent);
}

/** `- item` for each, without the last line end. */
export function printItems(items: readonly unknown[], indent: number): string {
  return " ".repeat(indent) + indented(printed(items).slice(0, -1), indent);
}

/** The items as they stand between brackets. */
export function printFlowItems(items: readonly unknown[]): string {
  return printed(items, { flow: true }).slice(1, -2);
}

function printed(value: unknown, options: { readonly flow?: boolean } = {}): string {
  // A block of text that ends with line ends would take those that follow it for its own.
  const isOpenEnded = JSON.stringify(value).includes('\\n"');
  return new Document(value, options).toString({
    lineWidth: 0,
    flowCollectionPadding: false,
    blockQuote: isOpenEnded ? false : "literal",
  });
}

/** Indents what follows a line end; empty lines stay empty. */
function indented(text: string, indent: number): string {
  return indent === 0 ? text : text.replace(/\n(?=[^\n])/gu, `\n${" ".repeat(indent)}`);
}

export function lineStartAt(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

export function lineEndAt(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}
