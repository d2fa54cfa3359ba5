import { setTimeout as wait } from "node:timers/promises";

import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";

import { isTooLong } from "../../core/too-long.ts";
import { toUnit } from "../../core/unit-vector.ts";

/** OpenAI API reference, Embeddings. */
const Answer = Type.Object({
  data: Type.Array(
    Type.Object({ index: Type.Integer({ minimum: 0 }), embedding: Type.Array(Type.Number()) }),
  ),
});

export type EmbeddingsServer = {
  /** Up to and without `/v1/embeddings`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For one request, with the time a worker takes to load. */
  readonly timeoutMs?: number;
  readonly firstRetryMs?: number;
};

/** A request's vectors, or an answer for which its texts may be to blame. */
export type EmbeddingsAnswer = { readonly units: Float32Array[] } | TextsRefused;
type TextsRefused = { readonly error: AppError; readonly isTooLong: boolean };

type Outcome =
  | { readonly units: Float32Array[] }
  | (TextsRefused & {
      /** Whether asking again may help, and whether other texts may be taken. */
      readonly mayPass: boolean;
      readonly mayBeTexts: boolean;
      readonly retryAfterMs?: number;
    });

const attempts = 4;

/**
 * One request. Tries again after what may pass (no connection, 408, 429, 5xx), as late as it was told or twice as late each time.
 * Rejects with `embedder_unavailable` when no other texts would do better.
 */
export async function requestEmbeddings(
  server: EmbeddingsServer,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<EmbeddingsAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const outcome = await ask(server, texts, signal);
    if ("units" in outcome) return outcome;
    if (!outcome.mayPass || attempt === attempts) {
      if (outcome.mayBeTexts) return outcome;
      throw outcome.error;
    }
    const backOffMs = (server.firstRetryMs ?? 500) * 2 ** (attempt - 1);
    await wait(outcome.retryAfterMs ?? backOffMs, undefined, signal ? { signal } : {});
  }
}

async function ask(
  { baseUrl, model, headers, timeoutMs = 60_000 }: EmbeddingsServer,
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
    if (!response.ok) return refusal(model, response, body);
    if (Value.Check(Answer, body)) return unitsOf(body, model, input.length);
    return useless(model, "answered in a form that is not known");
  } catch (error) {
    if (signal?.aborted) throw error;
    const why = deadline.aborted ? `did not answer within ${timeoutMs} ms` : "cannot be reached";
    return { error: unavailable(model, why, error), isTooLong: false, mayPass: true, mayBeTexts: false };
  }
}

function refusal(model: string, { status, headers }: Response, body: unknown): Outcome {
  const tooLong = isTooLong(status, body);
  const seconds = Number(headers.get("retry-after") ?? NaN);
  const retryAfterMs = Number.isFinite(seconds)
    ? { retryAfterMs: Math.min(Math.max(seconds, 0), 30) * 1_000 }
    : {};
  return {
    error: unavailable(model, tooLong ? "says that the text is too long" : `was refused with ${status}`),
    isTooLong: tooLong,
    mayPass: !tooLong && (status >= 500 || status === 429 || status === 408),
    // Every other status tells of the server, the model or the key.
    mayBeTexts: tooLong || status === 400 || status === 500,
    ...retryAfterMs,
  };
}

function unitsOf({ data }: Static<typeof Answer>, model: string, count: number): Outcome {
  const byIndex = new Map(data.map(({ index, embedding }) => [index, toUnit(embedding)]));
  const units = Array.from({ length: count }, (_, i) => byIndex.get(i)).filter((unit) => unit !== undefined);
  return units.length === count ? { units } : useless(model, "gave no usable vector");
}

/** An answer without the vectors: NaN, which JSON has as null, comes of single texts. */
function useless(model: string, why: string): Outcome {
  return { error: unavailable(model, why), isTooLong: false, mayPass: false, mayBeTexts: true };
}

export function unavailable(model: string, why: string, cause?: unknown): AppError {
  return new AppError(
    "embedder_unavailable",
    `the embedding model ${model} ${why}; search goes on with the full-text index`,
    { cause },
  );
}
