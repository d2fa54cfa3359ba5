import { Value } from "typebox/value";
import { type Static, type TSchema, Type } from "typebox";
import { Pool } from "undici";

import { EnrichAnswer, type EnrichCall, ownerHeader, type TurnReport } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";

/** `GET /readyz` of knowledge. */
const Readiness = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String()),
  features: Type.Object({
    memory: Type.Boolean(),
    rag: Type.Boolean(),
    obsidian: Type.Boolean(),
    /** Whether a model reads kept turns for memories; without one they are refused. */
    extraction: Type.Boolean(),
  }),
});
export type Readiness = Static<typeof Readiness>;

const connectTimeoutMs = 2_000;
/** Connections for our own questions; more wait for one, within their deadlines. */
const connections = 16;
const longestAnswerBytes = 16 * 1_024 * 1_024;

/** What the router itself asks of the knowledge service. Every call has a deadline; what fails throws. */
export class KnowledgeClient {
  readonly #pool: Pool;
  readonly #basePath: string;

  constructor(knowledgeUrl: string) {
    const url = new URL(knowledgeUrl);
    this.#basePath = url.pathname.replace(/\/+$/, "");
    this.#pool = new Pool(url.origin, {
      connections,
      allowH2: false,
      connectTimeout: connectTimeoutMs,
      maxResponseSize: longestAnswerBytes,
    });
  }

  async enrich(
    owner: string,
    call: EnrichCall,
    requestId: string,
    signal: AbortSignal,
  ): Promise<EnrichAnswer> {
    const headers = { [ownerHeader]: owner, "x-request-id": requestId };
    const { status, value } = await this.#ask("POST", "/internal/enrich", headers, call, signal);
    return answerOf(EnrichAnswer, "/internal/enrich", status, value);
  }

  /** Resolves when knowledge has taken the turn over. */
  async keepTurn(owner: string, turn: TurnReport, signal: AbortSignal): Promise<void> {
    const { status } = await this.#ask("POST", "/internal/turns", { [ownerHeader]: owner }, turn, signal);
    if (status >= 300) throw refused("/internal/turns", status);
  }

  async readiness(signal: AbortSignal): Promise<Readiness> {
    const { status, value } = await this.#ask("GET", "/readyz", {}, undefined, signal);
    return answerOf(Readiness, "/readyz", status === 503 ? 200 : status, value);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask(
    method: "GET" | "POST",
    path: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly value: unknown }> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await this.#pool.request({
      method,
      path: this.#basePath + path,
      headers: { accept: "application/json", "content-type": "application/json", ...headers },
      signal,
      ...sent,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, value: parsed(text) };
  }
}

function answerOf<T extends TSchema>(schema: T, path: string, status: number, value: unknown): Static<T> {
  if (status === 200 && Value.Check(schema, value)) return value;
  throw refused(path, status);
}

function refused(path: string, status: number): AppError {
  const how = status === 200 ? "in a form that is not known" : `with ${status}`;
  return new AppError("knowledge_unavailable", `the knowledge service answered ${path} ${how}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
