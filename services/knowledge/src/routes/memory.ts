import { Readable } from "node:stream";

import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";

import { AppError } from "@benchai/contract/errors";
import { JobView } from "@benchai/contract/jobs";
import {
  MemoryAddAnswer,
  MemoryAddRequest,
  MemoryForgotten,
  type MemoryHit,
  MemoryHits,
  MemoryImportAnswer,
  MemoryList,
  MemoryPatch,
  MemoryRecord,
  MemoryStats,
  MemoryView,
} from "@benchai/contract/memory";
import type { App } from "@benchai/kernel/app";

import { ownerOf } from "@benchai/kernel/owner";

type Erased = { readonly isErased: boolean };

/** What the routes call; every call is one owner's. Times are epoch ms, or as the client wrote them in requests. */
export type MemoryDeps = {
  readonly add: (
    owner: string,
    request: MemoryAddRequest,
  ) => Promise<Pick<MemoryAddAnswer, "outcome" | "memory">>;
  readonly search: (
    owner: string,
    question: { query: string; limit: number; namespace?: string | undefined; asOfMs?: number | undefined },
  ) => Promise<MemoryHit[]>;
  readonly recent: (owner: string, page: MemoryPage) => Promise<MemoryView[]>;
  readonly stats: (owner: string) => Promise<MemoryStats>;
  readonly get: (owner: string, id: string) => Promise<MemoryView>;
  readonly change: (owner: string, id: string, patch: MemoryPatch) => Promise<MemoryView>;
  readonly forget: (owner: string, id: string) => Promise<Erased>;
  readonly forgetBatch: (owner: string, batch: string) => Promise<Erased & { readonly deleted: number }>;
  readonly dropTurns: (
    owner: string,
    conversation: string | undefined,
  ) => Promise<Erased & { readonly deleted: number }>;
  readonly exportPage: (
    owner: string,
    after: number,
  ) => Promise<{ readonly lines: string; readonly last?: number }>;
  readonly importLines: (owner: string, ndjson: string) => Promise<MemoryImportAnswer>;
  readonly importHistoric: (owner: string, bytes: Uint8Array, name: string) => Promise<MemoryImportAnswer>;
  readonly optimize: (owner: string) => Promise<JobView>;
  /** Epoch ms of an ISO 8601 date or time; 400 otherwise. */
  readonly timeOf: (text: string, param: string) => number;
};

type MemoryPage = {
  readonly limit: number;
  readonly namespace?: string | undefined;
  readonly category?: string | undefined;
  readonly before?: string | undefined;
  readonly asOfMs?: number | undefined;
};

const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const scope = { namespace: text(256), as_of: text(40), limit: text(8) };
const SearchQuery = Type.Object(
  { q: text(20_000), query: text(20_000), ...scope },
  { additionalProperties: false },
);
const RecentQuery = Type.Object(
  { category: text(64), before: text(64), ...scope },
  { additionalProperties: false },
);
const Id = Type.Object({ id: Type.String({ maxLength: 64 }) });
const Batch = Type.Object({ batch: Type.String({ maxLength: 64 }) });
const TurnQuery = Type.Object({ conversation: text(256) }, { additionalProperties: false });
const Queued = Type.Object({ status: Type.Literal("ok"), message: Type.String(), job: JobView });
const Bytes = Type.String({ format: "binary" });
const ImportQuery = Type.Object({ name: text(128) }, { additionalProperties: false });

/** Largest import: the original's database of the largest size that is read. */
const importLimitBytes = 256 * 1_024 * 1_024;

const messages: Readonly<Record<MemoryAddAnswer["outcome"], string>> = {
  added: "Memory saved",
  duplicate: "Memory was there already",
  near_duplicate: "Nearly the same memory was there already",
};

/** `/v1/memory/…`: the historic routes, and those for one memory, batches, export and import. */
export function memoryRoutes(app: App, deps: MemoryDeps): void {
  readRoutes(app, deps);
  writeRoutes(app, deps);
  eraseRoutes(app, deps);
  void app.register(async (scoped) => transferRoutes(scoped, deps));
}

function readRoutes(app: App, deps: MemoryDeps): void {
  app.get(
    "/v1/memory/search",
    {
      schema: {
        summary: "Memories that fit a question, best first; `q` or `query`",
        querystring: SearchQuery,
        response: { 200: MemoryHits },
      },
    },
    async (request: FastifyRequest<{ Querystring: Static<typeof SearchQuery> }>) => {
      const { q, query = q, limit, namespace, as_of } = request.query;
      if (query === undefined || query === "")
        throw new AppError("invalid_request", "`q` must say what to search for", { param: "q" });
      const question = { query, limit: limitOf(limit), namespace, asOfMs: timeIn(deps, as_of) };
      return { results: await deps.search(ownerOf(request), question) };
    },
  );
  const list = async (request: FastifyRequest<{ Querystring: Static<typeof RecentQuery> }>) => {
    const { limit, as_of, ...page } = request.query;
    return {
      results: await deps.recent(ownerOf(request), {
        ...page,
        limit: limitOf(limit),
        asOfMs: timeIn(deps, as_of),
      }),
    };
  };
  const listSchema = {
    schema: {
      summary: "The newest memories; the next page comes after the last one's id, as `before`",
      errors: ["not_found"] as const,
      querystring: RecentQuery,
      response: { 200: MemoryList },
    },
  };
  app.get("/v1/memory/recent", listSchema, list);
  app.get("/v1/memory", listSchema, list);
  const stats = {
    summary: "How many memories there are, by category and namespace",
    response: { 200: MemoryStats },
  };
  app.get("/v1/memory/stats", { schema: stats }, async (request) => deps.stats(ownerOf(request)));
  app.get(
    "/v1/memory/:id",
    { schema: { summary: "One memory", errors: ["not_found"], params: Id, response: { 200: MemoryView } } },
    async (request: FastifyRequest<{ Params: Static<typeof Id> }>) =>
      deps.get(ownerOf(request), request.params.id),
  );
}

function writeRoutes(app: App, deps: MemoryDeps): void {
  app.post(
    "/v1/memory/add",
    {
      schema: {
        summary: "Remembers a statement, unless it is there already or should not be kept",
        errors: ["memory_refused", "not_found", "conflict"],
        body: MemoryAddRequest,
        response: { 200: MemoryAddAnswer },
      },
    },
    async (request: FastifyRequest<{ Body: MemoryAddRequest }>) => {
      const { outcome, memory } = await deps.add(ownerOf(request), request.body);
      return { status: "ok" as const, message: messages[outcome], outcome, memory };
    },
  );
  app.patch(
    "/v1/memory/:id",
    {
      schema: {
        summary: "Changes a memory; what is absent stays",
        errors: ["not_found", "conflict", "memory_refused"],
        params: Id,
        body: MemoryPatch,
        response: { 200: MemoryView },
      },
    },
    async (request: FastifyRequest<{ Params: Static<typeof Id>; Body: MemoryPatch }>) =>
      deps.change(ownerOf(request), request.params.id, request.body),
  );
  const optimize = { summary: "Tidies the index of memories, as a job", response: { 202: Queued } };
  app.post("/v1/memory/optimize", { schema: optimize }, async (request, reply) => {
    const job = await deps.optimize(ownerOf(request));
    return reply.code(202).send({ status: "ok" as const, message: "Optimization queued", job });
  });
}

function eraseRoutes(app: App, deps: MemoryDeps): void {
  const answers = { response: { 200: MemoryForgotten } };
  const missing = ["not_found"] as const;
  app.delete(
    "/v1/memory/:id",
    { schema: { summary: "Erases a memory", errors: missing, params: Id, ...answers } },
    async (request: FastifyRequest<{ Params: Static<typeof Id> }>) =>
      forgotten({ ...(await deps.forget(ownerOf(request), request.params.id)), deleted: 1 }),
  );
  app.delete(
    "/v1/memory/batches/:batch",
    {
      schema: {
        summary: "Erases all that one extraction or import has added",
        errors: missing,
        params: Batch,
        ...answers,
      },
    },
    async (request: FastifyRequest<{ Params: Static<typeof Batch> }>) =>
      forgotten(await deps.forgetBatch(ownerOf(request), request.params.batch)),
  );
  app.delete(
    "/v1/memory/turns",
    {
      schema: {
        summary: "Erases turns that still wait to be read for memories, of one conversation or of all",
        querystring: TurnQuery,
        ...answers,
      },
    },
    async (request: FastifyRequest<{ Querystring: Static<typeof TurnQuery> }>) =>
      forgotten(await deps.dropTurns(ownerOf(request), request.query.conversation)),
  );
}

function forgotten({ deleted, isErased }: Erased & { readonly deleted: number }): MemoryForgotten {
  return { status: "ok", deleted, erased: isErased };
}

/** In a scope of their own: their bodies are bytes. */
function transferRoutes(app: App, deps: MemoryDeps): void {
  const types = ["application/x-ndjson", "application/vnd.sqlite3", "application/octet-stream"];
  app.addContentTypeParser(types, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  const exporting = {
    summary: "All memories, one `MemoryRecord` a line",
    answers: { "application/x-ndjson": MemoryRecord },
  };
  app.get("/v1/memory/export", { schema: exporting }, async (request, reply) =>
    reply
      .type("application/x-ndjson; charset=utf-8")
      .header("content-disposition", 'attachment; filename="memories.ndjson"')
      .send(Readable.from(exported(deps, ownerOf(request)))),
  );
  app.post(
    "/v1/memory/import",
    {
      bodyLimit: importLimitBytes,
      schema: {
        summary: "Brings memories in: an export's lines, or a database of the previous system",
        errors: ["document_unreadable", "invalid_json"],
        querystring: ImportQuery,
        bodies: { "application/x-ndjson": MemoryRecord, "application/vnd.sqlite3": Bytes },
        response: { 200: MemoryImportAnswer },
      },
    },
    async (request: FastifyRequest<{ Querystring: Static<typeof ImportQuery> }>) => {
      const { body } = request;
      if (!(body instanceof Uint8Array))
        throw new AppError("unsupported_media_type", `send the body as one of ${types.join(", ")}`);
      const isLines = (request.headers["content-type"] ?? "").startsWith("application/x-ndjson");
      if (isLines) return deps.importLines(ownerOf(request), utf8(body));
      return deps.importHistoric(ownerOf(request), body, request.query.name ?? "benchai_memory.db");
    },
  );
}

async function* exported(deps: MemoryDeps, owner: string): AsyncGenerator<string> {
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page = await deps.exportPage(owner, after);
    if (page.lines !== "") yield page.lines;
    after = page.last;
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new AppError("invalid_request", "the body is not UTF-8", { cause: error });
  }
}

function timeIn(deps: MemoryDeps, asOf: string | undefined): number | undefined {
  return asOf === undefined ? undefined : deps.timeOf(asOf, "as_of");
}

/** 10 when absent, as it was; 200 at most. */
function limitOf(limit: string | undefined): number {
  if (limit === undefined) return 10;
  const value = Number(limit);
  if (Number.isInteger(value) && value >= 1 && value <= 200) return value;
  throw new AppError("invalid_request", "`limit` must be a whole number from 1 to 200", { param: "limit" });
}
