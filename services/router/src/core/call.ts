import type { EnrichmentRequest } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";

import { scanBody } from "./body-scan.ts";
import { type CallKind, callKinds, type JsonKind } from "./call-kinds.ts";
import type { HeaderFields } from "./header-fields.ts";
import { credentialsOf } from "./owner.ts";
import { readWish } from "./wish.ts";

/** One inference request: the few things the router must know of it besides its bytes. */
export type Call = {
  readonly kind: CallKind;
  readonly model: string;
  /** Of the body. */
  readonly contentType: string;
  /** Whether the answer is a stream of server-sent events. */
  readonly isStream: boolean;
  /** What is asked to be put into the prompt; undefined for everything but a chat that asks. */
  readonly wish: EnrichmentRequest | undefined;
  /** What may tell whose request a chat is. Secrets: never logged, never sent on. */
  readonly credentials: readonly string[];
  /** Whether the prompt holds text that is not the client's own: what a worker says of it may then quote that. */
  readonly hasHidden: boolean;
};

export const noCredentials: readonly string[] = [];

const maxDepth = 128;
const maxModelChars = 512;
const int32Max = 2_147_483_647;

/**
 * Counts that llama-server uses as sizes and offsets without checking all of them (SECURITY B5;
 * `n_discard` below zero wrote out of bounds): smallest value of each, the largest is an int32.
 */
const countFields = {
  n_discard: 0,
  n_keep: -1,
  n_predict: -2,
  max_tokens: -1,
  max_completion_tokens: -1,
  id_slot: -1,
} as const satisfies Record<string, number>;

/** Strict about UTF-8, so that what was checked and what a worker reads are the same text. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads what the router needs from a request body; throws a 400 that names the field at fault. */
export function readCall(kind: JsonKind, body: Uint8Array, headers: HeaderFields = {}): Call {
  const scan = scanBody(body, maxDepth);
  if (scan.depth > maxDepth)
    throw new AppError("invalid_json", `the body nests deeper than ${maxDepth} levels`);
  const fields = parseObject(body);
  if (scan.keySpans.length / 2 !== Object.keys(fields).length) throw duplicateKey(body, scan.keySpans);
  const { canStream, required } = callKinds[kind];
  const model = readModel(fields["model"]);
  const stream = fields["stream"] ?? false;
  if (typeof stream !== "boolean") throw invalid("stream", "`stream` must be true or false");
  checkRequired(required, fields[required]);
  for (const [name, min] of Object.entries(countFields)) checkCount(name, fields[name], min);
  const isChat = kind === "chat";
  return {
    kind,
    model,
    contentType: "application/json",
    isStream: canStream && stream,
    wish: isChat ? readWish(fields["benchai"], headers) : undefined,
    credentials: isChat ? credentialsOf(headers) : noCredentials,
    hasHidden: false,
  };
}

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.length === 0) throw new AppError("invalid_json", "the body is empty; send a JSON object");
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new AppError("invalid_json", `the body is not JSON: ${why}`, { cause: error });
  }
  if (isObject(value)) return value;
  throw new AppError("invalid_request", "the body must be a JSON object");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The name of a model that a client gave. */
export function readModel(model: unknown): string {
  if (typeof model !== "string" || model === "")
    throw invalid("model", "`model` must be the name of a model; GET /v1/models lists them");
  if (model.length > maxModelChars)
    throw invalid("model", `\`model\` is longer than ${maxModelChars} characters`);
  return model;
}

function checkRequired(name: string, value: unknown): void {
  if (value === undefined || value === null) throw invalid(name, `\`${name}\` is required`);
  if (name === "messages" && (!Array.isArray(value) || value.length === 0))
    throw invalid(name, "`messages` must be an array of at least one message");
}

function checkCount(name: string, value: unknown, min: number): void {
  if (value === undefined || value === null) return;
  const isFine = typeof value === "number" && Number.isInteger(value) && value >= min && value <= int32Max;
  if (!isFine) throw invalid(name, `\`${name}\` must be an integer from ${min} to ${int32Max}`);
}

function duplicateKey(body: Uint8Array, spans: readonly number[]): AppError {
  const seen = new Set<string>();
  for (let i = 0; i < spans.length; i += 2) {
    const key: unknown = JSON.parse(utf8.decode(body.subarray(spans[i], spans[i + 1])));
    if (typeof key === "string" && seen.has(key)) return repeated(key);
    seen.add(String(key));
  }
  return repeated("?");
}

function repeated(key: string): AppError {
  const shown = key.slice(0, 100);
  return new AppError("duplicate_key", `the key ${JSON.stringify(shown)} stands twice in the body`, {
    param: shown,
  });
}

function invalid(param: string, message: string): AppError {
  return new AppError("invalid_request", message, { param });
}
