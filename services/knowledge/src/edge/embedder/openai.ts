import { setTimeout as wait } from "node:timers/promises";

import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";

import { toUnit } from "../../core/unit-vector.ts";
import type { Embedder, EmbeddingKind } from "./embedder.ts";

/** OpenAI API reference, Embeddings. */
const Answer = Type.Object({
  data: Type.Array(
    Type.Object({ index: Type.Integer({ minimum: 0 }), embedding: Type.Array(Type.Number()) }),
  ),
});

export type OpenAiEmbedderOptions = {
  /** Up to and without `/v1/embeddings`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the model wants before each kind of text, such as `search_query: `. */
  readonly prefixes?: Readonly<Record<EmbeddingKind, string>>;
  /** For one request, with the time a worker takes to load. */
  readonly timeoutMs?: number;
  readonly firstRetryMs?: number;
};

const batchSize = 16;
/** Some 1,500 tokens: what the smallest context of the common embedding models holds may be less: llama-server then refuses the request. */
const mostCharacters = 6_000;
const attempts = 4;
const noPrefixes = { query: "", document: "" } as const;

/** A model behind `/v1/embeddings`, usually the router's. Asks for one vector to learn how many dimensions it has. */
export async function openAiEmbedder(
  options: OpenAiEmbedderOptions,
  signal?: AbortSignal,
): Promise<Embedder> {
  const { model, prefixes = noPrefixes } = options;
  const [probe] = await embedBatch(options, ["dimensions"], signal);
  const dimensions = probe?.length ?? 0;
  return {
    fingerprint: `openai/${model}/${dimensions}/${JSON.stringify([prefixes.query, prefixes.document])}`,
    dimensions,
    embed: async (texts, kind, stop) => {
      const units: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += batchSize) {
        const batch = texts.slice(from, from + batchSize).map((text) => prefixes[kind] + readable(text));
        units.push(...(await embedBatch(options, batch, stop)));
      }
      for (const unit of units) if (unit.length !== dimensions) throw changed(model, dimensions, unit.length);
      return units;
    },
    close: () => Promise.resolve(),
  };
}

function readable(text: string): string {
  return text.slice(0, mostCharacters).toWellFormed().trim() || ".";
}

/** Tries again after what may pass: no connection, 429, 5xx. Waits as long as it was told, else twice as long each time. */
async function embedBatch(
  options: OpenAiEmbedderOptions,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const outcome = await ask(options, texts, signal);
    if ("units" in outcome) return outcome.units;
    if (outcome.isFinal || attempt === attempts) throw outcome.error;
    const backOffMs = (options.firstRetryMs ?? 500) * 2 ** (attempt - 1);
    await wait(outcome.retryAfterMs ?? backOffMs, undefined, signal ? { signal } : {});
  }
}

type Outcome =
  | { readonly units: Float32Array[] }
  | { readonly error: AppError; readonly isFinal: boolean; readonly retryAfterMs?: number };

async function ask(
  { baseUrl, model, headers, timeoutMs = 60_000 }: OpenAiEmbedderOptions,
  input: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/u, "")}/v1/embeddings`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ model, input, encoding_format: "float" }),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) return refusal(model, response);
    if (Value.Check(Answer, body)) return { units: unitsOf(body, model, input.length) };
    return { error: unavailable(model, "answered in a form that is not known"), isFinal: true };
  } catch (error) {
    if (error instanceof AppError || signal?.aborted) throw error;
    const why = deadline.aborted ? `did not answer within ${timeoutMs} ms` : "cannot be reached";
    return { error: unavailable(model, why, error), isFinal: false };
  }
}

function refusal(model: string, response: Response): Outcome {
  const { status } = response;
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  const retryAfterMs = Number.isFinite(seconds)
    ? { retryAfterMs: Math.min(Math.max(seconds, 0), 30) * 1_000 }
    : {};
  const error = unavailable(model, `was refused with ${status}`);
  return { error, isFinal: status < 500 && status !== 429 && status !== 408, ...retryAfterMs };
}

function unitsOf({ data }: Static<typeof Answer>, model: string, count: number): Float32Array[] {
  const byIndex = new Map(data.map(({ index, embedding }) => [index, toUnit(embedding)]));
  return Array.from({ length: count }, (_, i) => {
    const unit = byIndex.get(i);
    if (unit) return unit;
    throw unavailable(model, `gave no usable vector for text ${i + 1} of ${count}`);
  });
}

function unavailable(model: string, why: string, cause?: unknown): AppError {
  return new AppError(
    "embedder_unavailable",
    `the embedding model ${model} ${why}; search goes on with the full-text index`,
    { cause },
  );
}

function changed(model: string, before: number, now: number): AppError {
  return unavailable(model, `gave ${now} dimensions, not ${before} as before`);
}
