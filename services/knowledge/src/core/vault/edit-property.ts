import { isScalar, isSeq } from "yaml";

import { AppError } from "@benchai/contract/errors";

import { startOf, type TextLines } from "../lines.ts";
import type { NotePatch } from "./note-patch.ts";
import type { Note } from "./note.ts";
import {
  findPair,
  type FoundProperty,
  isSameYaml,
  lineEndAt,
  lineStartAt,
  printPair,
  type Properties,
  readProperties,
} from "./property-yaml.ts";
import { addToList, replaceValue } from "./property-values.ts";
import type { PlainEdit } from "./stored-text.ts";

type PropertyPatch = Pick<NotePatch, "operation" | "content"> & { readonly key: string };
type FrontMatter = Pick<Note, "frontMatterLines" | "propertiesProblem">;

/**
 * The edit that changes one property and leaves the rest of the front matter as it is written. Throws
 * `invalid_request` when the front matter is broken or the content is no JSON, `not_found` when there is nothing to remove.
 */
export function propertyEdit(lines: TextLines, note: FrontMatter, patch: PropertyPatch): PlainEdit {
  if (patch.key.trim() === "" || /\p{Cc}/u.test(patch.key))
    throw new AppError("invalid_request", "a property needs a name of one line", { param: "key" });
  if (note.propertiesProblem !== undefined) throw broken(note.propertiesProblem);
  const from = startOf(lines, 1);
  const yaml =
    note.frontMatterLines > 2 ? lines.text.slice(from, startOf(lines, note.frontMatterLines - 1)) : "";
  const properties = readProperties(yaml);
  if (typeof properties === "string") throw broken(properties);
  const edit = editOf(properties, patch);
  if (note.frontMatterLines > 0) return { start: from + edit.start, end: from + edit.end, text: edit.text };
  return { start: 0, end: 0, text: `---\n${edit.text}---\n` };
}

function broken(reason: string): AppError {
  return new AppError(
    "invalid_request",
    `the note's front matter cannot be changed, as it cannot be read: ${reason}. Correct it by hand, or replace the whole note`,
    { param: "target" },
  );
}

/** The edit of the YAML alone, seen to change this property and nothing else. */
function editOf(properties: Properties, patch: PropertyPatch): PlainEdit {
  const { key, edit, value } =
    patch.operation === "remove" ? removal(properties, patch.key) : setting(properties, patch);
  const { yaml, values } = properties;
  const after = readProperties(yaml.slice(0, edit.start) + edit.text + yaml.slice(edit.end));
  const others = Object.entries(values).filter(([name]) => name !== key);
  const wanted = value === undefined ? others : Object.entries({ ...values, [key]: value });
  if (typeof after !== "string" && isSameYaml(Object.fromEntries(wanted), after.values)) return edit;
  throw new AppError(
    "invalid_request",
    `the property ${JSON.stringify(key)} is written in a way that cannot be changed on its own (anchors, explicit keys or the like); change it by hand, or replace the whole note`,
    { param: "target" },
  );
}

/** `value` is what the property is to be then; undefined when it is to be gone. */
type Change = { readonly key: string; readonly edit: PlainEdit; readonly value: unknown };

function removal(properties: Properties, name: string): Change {
  const found = findPair(properties, name);
  if (!found)
    throw new AppError(
      "not_found",
      `the note has no property ${JSON.stringify(name)}; ${listed(properties)}`,
      { param: "target" },
    );
  const { yaml, indent } = properties;
  const start = lineStartAt(yaml, found.keyStart);
  let end = lineEndAt(yaml, found.valueEnd) + 1;
  // Comments that are indented more than the property are its own.
  for (let next = end; isDeeperComment(yaml, next, indent); next = lineEndAt(yaml, next) + 1)
    end = lineEndAt(yaml, next) + 1;
  return { key: found.name, edit: { start, end, text: "" }, value: undefined };
}

function isDeeperComment(yaml: string, lineStart: number, indent: number): boolean {
  const line = yaml.slice(lineStart, lineEndAt(yaml, lineStart));
  const content = line.trimStart();
  return content.startsWith("#") && line.length - content.length > indent;
}

function listed({ values }: Properties): string {
  const names = Object.keys(values);
  if (names.length === 0) return "it has none";
  return `it has ${names
    .slice(0, 8)
    .map((n) => JSON.stringify(n))
    .join(", ")}${names.length > 8 ? " …" : ""}`;
}

function setting(properties: Properties, patch: PropertyPatch): Change {
  const found = findPair(properties, patch.key);
  if (patch.operation === "replace") return replacement(properties, patch.key, found, jsonOf(patch));
  const items = itemsOf(patch.content);
  const present: unknown = found && properties.values[found.name];
  if (!found || present === null) return replacement(properties, patch.key, found, items);
  const { node, name } = found;
  const isAppend = patch.operation === "append";
  if (isSeq(node) && Array.isArray(present)) {
    const edit = items.length === 0 ? nothing : addToList(properties.yaml, node, items, isAppend);
    return { key: name, edit, value: isAppend ? [...present, ...items] : [...items, ...present] };
  }
  if (isScalar(node)) {
    const old = singles(name, present);
    return replacement(properties, name, found, isAppend ? [...old, ...items] : [...items, ...old]);
  }
  throw new AppError(
    "invalid_request",
    `the property ${JSON.stringify(name)} is no list, so nothing can be added to it; replace it`,
    { param: "target" },
  );
}

const nothing: PlainEdit = { start: 0, end: 0, text: "" };

function jsonOf({ content, key }: PropertyPatch): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      "invalid_request",
      `the new value of ${JSON.stringify(key)} must be JSON (a text in quotes): ${reason}`,
      { param: "content" },
    );
  }
}

function itemsOf(content: string): readonly unknown[] {
  try {
    const json: unknown = JSON.parse(content);
    return Array.isArray(json) ? json : [json];
  } catch {
    return [content];
  }
}

/** A single value as the items that it stands for: older notes have `tags: a, b`. */
function singles(name: string, value: unknown): readonly unknown[] {
  if (typeof value !== "string" || !/^tags?$/iu.test(name)) return [value];
  const tags = value.split(value.includes(",") ? "," : /\s+/u).map((tag) => tag.trim());
  return tags.filter((tag) => tag !== "");
}

function replacement(
  properties: Properties,
  key: string,
  found: FoundProperty | undefined,
  value: unknown,
): Change {
  if (found) return { key: found.name, edit: replaceValue(properties, found, value), value };
  const { yaml, indent } = properties;
  const text = printPair(key, value, indent);
  return { key, edit: { start: yaml.length, end: yaml.length, text }, value };
}
