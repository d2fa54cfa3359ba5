import * as enrichment from "@benchai/contract/enrichment";
import * as jobs from "@benchai/contract/jobs";
import * as memory from "@benchai/contract/memory";
import * as obsidian from "@benchai/contract/obsidian";
import * as rag from "@benchai/contract/rag";
import * as speech from "@benchai/contract/speech";

import type { Schema } from "./service-routes.ts";

/** Schemas of the contract by what they say, so that they are found again inside of others. */
const names = new Map(
  Object.entries({ ...enrichment, ...jobs, ...memory, ...obsidian, ...rag, ...speech }).flatMap(
    ([name, value]) =>
      isSchema(value) && "properties" in value ? [[JSON.stringify(value), name] as const] : [],
  ),
);

/** Refers to the contract's schemas by their names, and gathers those that were referred to. */
export class Components {
  readonly #used = new Map<string, unknown>();

  /** The schema as the document shows it. */
  shown(schema: object): unknown {
    const json = JSON.stringify(schema);
    const name = names.get(json);
    if (name === undefined) return this.#inside(JSON.parse(json));
    if (!this.#used.has(name)) {
      this.#used.set(name, undefined);
      this.#used.set(name, this.#inside(JSON.parse(json)));
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** By their names. */
  get schemas(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#used].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #inside(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#part(item));
    if (!isSchema(value)) return value;
    const { patternProperties, ...rest } = value;
    const parts = Object.entries(rest).map(([key, part]) => [key, this.#part(part)]);
    const every = isSchema(patternProperties) ? patternProperties["^.*$"] : undefined;
    return {
      ...Object.fromEntries(parts),
      ...(isSchema(every) ? { additionalProperties: this.#part(every) } : {}),
    };
  }

  #part(value: unknown): unknown {
    return isSchema(value) ? this.shown(value) : this.#inside(value);
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
