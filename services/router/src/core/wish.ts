import { Value } from "typebox/value";

import { EnrichmentRequest } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";

import type { HeaderFields } from "./header-fields.ts";

/** The headers for clients that cannot add a field: `true`, `false`, or what the field would name. */
const memoryHeader = "x-benchai-memory";
const ragHeader = "x-benchai-rag";

/** What a chat asks to have put into its prompt, by its field `benchai` over its headers; undefined when nothing is said. */
export function readWish(field: unknown, headers: HeaderFields): EnrichmentRequest | undefined {
  const memory = headers[memoryHeader];
  const rag = headers[ragHeader];
  if (field === undefined && memory === undefined && rag === undefined) return undefined;
  return { ...(field === undefined ? {} : fieldWish(field)), ...missing(field, { memory, rag }) };
}

function fieldWish(field: unknown): EnrichmentRequest {
  if (Value.Check(EnrichmentRequest, field)) return field;
  const [first] = Value.Errors(EnrichmentRequest, field);
  const param = `benchai${(first?.instancePath ?? "").replaceAll("/", ".")}`;
  const why = first?.message ?? "is not understood";
  throw new AppError("invalid_request", `\`${param}\` ${why}; see docs/api.md`, { param });
}

type HeaderValues = Readonly<Record<"memory" | "rag", string | string[] | undefined>>;

/** What the headers say of settings that the field does not mention. */
function missing(field: unknown, { memory, rag }: HeaderValues): EnrichmentRequest {
  const isOpen = (name: string) => typeof field !== "object" || field === null || !Object.hasOwn(field, name);
  return {
    ...(memory === undefined || !isOpen("memory")
      ? {}
      : headerWish(memoryHeader, { memory: memoryOf(memory) })),
    ...(rag === undefined || !isOpen("rag") ? {} : headerWish(ragHeader, { rag: ragOf(rag) })),
  };
}

function headerWish(name: string, wish: unknown): EnrichmentRequest {
  if (Value.Check(EnrichmentRequest, wish)) return wish;
  throw new AppError(
    "invalid_request",
    `the header ${name} must be true, false, or names as in docs/api.md`,
    {
      param: name,
    },
  );
}

function memoryOf(value: string | string[]): unknown {
  const text = headerText(memoryHeader, value);
  return truth(text) ?? { namespace: text };
}

function ragOf(value: string | string[]): unknown {
  const text = headerText(ragHeader, value);
  const collections = text.split(",").map((name) => name.trim());
  return truth(text) ?? { collections: collections.filter((name) => name !== "") };
}

function truth(text: string): boolean | undefined {
  return text === "true" || text === "false" ? text === "true" : undefined;
}

/** Names beyond ASCII come percent-encoded. */
function headerText(name: string, value: string | string[]): string {
  const text = String(value).trim();
  try {
    if (text !== "") return decodeURIComponent(text);
  } catch (error) {
    throw new AppError("invalid_request", `the header ${name} is not well percent-encoded`, {
      param: name,
      cause: error,
    });
  }
  throw new AppError("invalid_request", `the header ${name} is empty; send true, false or names`, {
    param: name,
  });
}
