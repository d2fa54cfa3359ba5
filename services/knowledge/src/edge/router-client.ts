import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";
import { RouterHealth } from "@benchai/contract/health";

import { isTooLong } from "../core/too-long.ts";

const Completion = Type.Object({
  choices: Type.Array(Type.Object({ message: Type.Object({ content: Type.String() }) }), { minItems: 1 }),
});
const Ranking = Type.Object({
  results: Type.Array(Type.Object({ index: Type.Integer({ minimum: 0 }), relevance_score: Type.Number() })),
});

/** As much of `GET /health` as is asked here. */
const Activity = Type.Pick(RouterHealth, ["chats"]);

export type ChatMessage = { readonly role: string; readonly content: string };

/** What this service asks of models, through the router as any client would: queued, counted and loaded like theirs. */
export class RouterClient {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** One completion whose text follows a JSON schema; waits as long as a model may take to load and to write. */
  async complete(
    model: string,
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
  ): Promise<string> {
    const body = {
      model,
      messages,
      temperature: 0,
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
    };
    const { choices } = await this.#post("/v1/chat/completions", body, Completion, signal);
    return choices[0]?.message.content ?? "";
  }

  /** The relevance of each document to the query, in the documents' order; `body_too_large` when one is too long for the model. */
  async rerank(
    model: string,
    query: string,
    documents: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const { results } = await this.#post("/v1/rerank", { model, query, documents }, Ranking, signal);
    const scores = new Map(results.map((r) => [r.index, r.relevance_score]));
    return documents.map((_, i) => scores.get(i) ?? Number.NEGATIVE_INFINITY);
  }

  /** For how long nobody, us included, has chatted with any model, in ms; 0 while somebody does. */
  async quietMs(signal: AbortSignal): Promise<number> {
    const response = await fetch(`${this.#baseUrl}/health`, { signal });
    return (await answerOf("/health", response, Activity)).chats.quietMs;
  }

  async #post<T extends TSchema>(
    path: string,
    body: unknown,
    answer: T,
    signal: AbortSignal,
  ): Promise<Static<T>> {
    const response = await fetch(this.#baseUrl + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
    return answerOf(path, response, answer);
  }
}

async function answerOf<T extends TSchema>(path: string, response: Response, schema: T): Promise<Static<T>> {
  const value: unknown = await response.json().catch(() => undefined);
  if (response.ok && Value.Check(schema, value)) return value;
  if (isTooLong(response.status, value))
    throw new AppError("body_too_large", `the router answered ${path}: the text is too long for the model`);
  const why = response.ok ? "in a form that is not known" : `with ${response.status}`;
  throw new AppError("upstream_failed", `the router answered ${path} ${why}`);
}
