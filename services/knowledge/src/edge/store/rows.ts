import { randomUUID } from "node:crypto";

/** An id that callers see: 122 random bits behind a word that says what it names (`doc_…`, `mem_…`). */
export function publicId(prefix: "doc" | "src" | "file" | "mem" | "batch"): string {
  // Drawn from a pool: to ask the system for the bytes of each took 17 µs, and every document has one.
  return `${prefix}_${randomUUID().replaceAll("-", "")}`;
}

/** Times in the API are ISO 8601 in UTC. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** A JSON column that holds an object. */
export function jsonObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return value !== null && typeof value === "object" ? { ...value } : {};
}

/** Fields that are there: optional fields of the API are left out rather than null. */
export function whenSet<K extends string, V>(name: K, value: V | null): { [P in K]?: V } {
  const fields: { [P in K]?: V } = {};
  if (value !== null) fields[name] = value;
  return fields;
}
