import { isNode, isScalar, type Node, Scalar, type YAMLSeq } from "yaml";

import {
  type FoundProperty,
  lineEndAt,
  lineStartAt,
  printFlowItems,
  printItems,
  printValue,
  type Properties,
} from "./property-yaml.ts";
import type { PlainEdit } from "./stored-text.ts";

/** Puts a value in the place of another; a comment on the property's first line stays there. */
export function replaceValue({ yaml, indent }: Properties, found: FoundProperty, value: unknown): PlainEdit {
  const { node, afterColon, valueEnd } = found;
  const printed = printValue(inStyleOf(node, value), indent);
  const firstEnd = lineEndAt(yaml, afterColon);
  const isOneLine = valueEnd <= firstEnd;
  if (isOneLine && !printed.includes("\n")) return { start: afterColon, end: valueEnd, text: printed };
  const comment = isOneLine ? yaml.slice(valueEnd, firstEnd) : firstComment(yaml, found);
  const [first = "", ...more] = printed.split("\n");
  const text = [first + comment.trimEnd(), ...more].join("\n");
  return { start: afterColon, end: lineEndAt(yaml, valueEnd), text };
}

/** The comment on the property's line when its value goes on below, with the space before it. */
function firstComment(yaml: string, { node, afterColon, valueStart }: FoundProperty): string {
  const line = yaml.slice(afterColon, lineEndAt(yaml, afterColon));
  const mark = line.indexOf("#");
  const isBlockScalar = isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
  const isComment =
    isBlockScalar || (valueStart > afterColon + line.length && line.trimStart().startsWith("#"));
  return isComment && mark !== -1 ? ` ${line.slice(mark)}` : "";
}

/** A text takes over the quotes of the text whose place it takes. */
function inStyleOf(node: Node | undefined, value: unknown): unknown {
  if (!isScalar(node) || typeof value !== "string") return value;
  if (node.type !== "QUOTE_DOUBLE" && node.type !== "QUOTE_SINGLE") return value;
  const scalar = new Scalar(value);
  scalar.type = node.type;
  return scalar;
}

/** Puts items at the end or the beginning of a list, which keeps its style and its comments. */
export function addToList(
  yaml: string,
  list: YAMLSeq,
  items: readonly unknown[],
  isAppend: boolean,
): PlainEdit {
  const start = list.range?.[0] ?? 0;
  if (list.flow === true) return addBetweenBrackets(list, items, isAppend);
  const lineStart = lineStartAt(yaml, start);
  const printed = printItems(items, start - lineStart);
  if (!isAppend) return { start: lineStart, end: lineStart, text: `${printed}\n` };
  const at = lineEndAt(yaml, yaml.slice(0, list.range?.[1]).trimEnd().length);
  return { start: at, end: at, text: `\n${printed}` };
}

function addBetweenBrackets(list: YAMLSeq, items: readonly unknown[], isAppend: boolean): PlainEdit {
  const printed = printFlowItems(items);
  const item = list.items.at(isAppend ? -1 : 0);
  const range = isNode(item) ? item.range : undefined;
  const inside = (list.range?.[0] ?? 0) + 1;
  const at = (isAppend ? range?.[1] : range?.[0]) ?? inside;
  if (list.items.length === 0) return { start: at, end: at, text: printed };
  return { start: at, end: at, text: isAppend ? `, ${printed}` : `${printed}, ` };
}
