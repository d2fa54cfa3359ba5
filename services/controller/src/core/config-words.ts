import { type TSchema, Type } from "typebox";

import { modelKinds } from "@benchai/contract/models";

import { Assistant, common, Config, devices, Model, Owner } from "./config-schema.ts";

const topKeys = Object.keys(Config.properties);

/** Sections whose settings stand under a name of the owner's choice. */
const byName: Readonly<Record<string, { readonly properties: Readonly<Record<string, TSchema>> }>> = {
  models: Model,
  assistants: Assistant,
  owners: Owner,
};
const flat: typeof byName = { limits: Config.properties.limits, defaults: { properties: common } };

/** The names that may stand where an unknown setting stands. */
export function knownKeys(path: readonly string[]): readonly string[] {
  const [section = ""] = path;
  if (path.length === 1) return topKeys;
  const setting = path.length > 3 ? path[2] : undefined;
  if (setting === "memory") return ["namespace"];
  if (setting === "rag") return ["collections", "k"];
  return Object.keys((byName[section] ?? flat[section] ?? Model).properties);
}

/** Settings whose bounds are told best in words of their own. */
const exactly: Readonly<Record<string, string>> = {
  device: `expected one of ${devices.join(", ")}`,
  kind: `expected one of ${modelKinds.join(", ")}`,
  file: "expected the name of a .gguf or .bin file in models/, without a folder",
  memory: "expected true, false or { namespace: … }",
  rag: "expected true, false or { collections: […], k: … } with k from 1 to 50",
};

/** What may stand at a path, in words, from the schema's own bounds. */
export function accepted(path: readonly string[]): string | undefined {
  const [section, ...rest] = path;
  if (section === undefined) return `expected settings by name (${topKeys.join(", ")})`;
  const isNamed = Object.hasOwn(byName, section);
  const [key, item] = isNamed ? rest.slice(1) : rest;
  if (key === undefined) return "expected settings by name; delete the line when there are none";
  const words = Object.hasOwn(exactly, key) ? exactly[key] : undefined;
  if (words !== undefined && (item === undefined || section === "assistants")) return words;
  if (item !== undefined) return key === "keys" ? keyWords : "expected a text";
  const { properties } = (isNamed ? byName : flat)[section] ?? { properties: {} };
  return describeSchema(properties[key]);
}

const keyWords = "expected the SHA-256 of an API key, as 64 digits of 0-9a-f";

function describeSchema(schema: TSchema | undefined): string | undefined {
  if (Type.IsInteger(schema) && "minimum" in schema && "maximum" in schema)
    return `expected a whole number from ${String(schema.minimum)} to ${String(schema.maximum)}`;
  if (Type.IsBoolean(schema)) return "expected true or false";
  if (Type.IsArray(schema)) return "expected a list of texts";
  return Type.IsString(schema) ? "expected a text" : undefined;
}
