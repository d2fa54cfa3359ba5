import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";

import { AppError } from "@benchai/contract/errors";
import { SearchAnswer, SearchRequest } from "@benchai/contract/rag";
import type { App } from "@benchai/kernel/app";

import { ownerOf } from "@benchai/kernel/owner";

export type SearchDeps = {
  readonly search: (owner: string, request: SearchRequest) => Promise<SearchAnswer>;
};

/** The same as `SearchRequest`, as query parameters: lists by commas, the filter's fields beside the others. */
const SearchQuery = Type.Object(
  {
    q: Type.Optional(Type.String()),
    query: Type.Optional(Type.String()),
    n: Type.Optional(Type.String()),
    k: Type.Optional(Type.String()),
    collection: Type.Optional(Type.String()),
    collections: Type.Optional(Type.String()),
    mode: Type.Optional(Type.Enum(["hybrid", "lexical", "dense"])),
    path: Type.Optional(Type.String()),
    tags: Type.Optional(Type.String()),
    after: Type.Optional(Type.String()),
    before: Type.Optional(Type.String()),
    rerank: Type.Optional(Type.Enum(["true", "false"])),
    explain: Type.Optional(Type.Enum(["true", "false"])),
    neighbours: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** `GET` and `POST /v1/rag/search`. */
export function searchRoutes(app: App, { search }: SearchDeps): void {
  const answers = { errors: ["not_found"] as const, response: { 200: SearchAnswer } };
  const posted = { summary: "Passages that fit a question, best first", body: SearchRequest, ...answers };
  app.post("/v1/rag/search", { schema: posted }, async (request) => search(ownerOf(request), request.body));
  app.get(
    "/v1/rag/search",
    {
      schema: {
        summary: "The same as query parameters: `q` or `query`, `n` or `k`, lists by commas",
        querystring: SearchQuery,
        ...answers,
      },
    },
    async (request: FastifyRequest<{ Querystring: Static<typeof SearchQuery> }>) =>
      search(ownerOf(request), fromQuery(request.query)),
  );
}

function fromQuery(q: Static<typeof SearchQuery>): SearchRequest {
  const query = q.query ?? q.q ?? "";
  if (query === "") throw new AppError("invalid_request", "`q` must say what to search for", { param: "q" });
  const collections = listOf(q.collections ?? q.collection);
  const tags = listOf(q.tags);
  const filter = defined({ path: q.path, tags, after: q.after, before: q.before });
  return {
    query,
    ...defined({
      collections,
      k: wholeNumber("k", q.k ?? q.n, 1, 200),
      neighbours: wholeNumber("neighbours", q.neighbours, 0, 5),
      mode: q.mode,
      rerank: q.rerank === undefined ? undefined : q.rerank === "true",
      explain: q.explain === undefined ? undefined : q.explain === "true",
      filter: Object.keys(filter).length > 0 ? filter : undefined,
    }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(fields: T): Defined<T> {
  const kept: Defined<T> = {};
  for (const key in fields) {
    const value = fields[key];
    if (isDefined(value)) kept[key] = value;
  }
  return kept;
}

function isDefined<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined;
}

function listOf(text: string | undefined): string[] | undefined {
  return text
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function wholeNumber(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new AppError("invalid_request", `\`${name}\` must be a whole number from ${min} to ${max}`, {
    param: name,
  });
}
