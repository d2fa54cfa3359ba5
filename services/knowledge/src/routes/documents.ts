import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";
import { JobView } from "@benchai/contract/jobs";
import { DocumentView, IndexRequest, TextDocumentRequest } from "@benchai/contract/rag";
import type { App } from "@benchai/kernel/app";

import type { DocumentList, DocumentStats } from "../edge/store/documents.ts";
import type { Library } from "../library.ts";
import { listAnswer, nothing } from "./answers.ts";
import { ownerOf } from "@benchai/kernel/owner";
import { readUpload } from "./upload.ts";

export type DocumentDeps = {
  readonly library: Pick<Library, "addFolder" | "addText" | "addUpload" | "addFile">;
  listDocuments(call: DocumentList): Promise<DocumentView[]>;
  documentById(call: { owner: string; id: string }): Promise<DocumentView>;
  textOfDocument(call: { owner: string; id: string }): Promise<{ document: DocumentView; text: string }>;
  /** Gone from the disk, the index and what is held in memory when it resolves. */
  deleteDocument(call: { owner: string; id: string }): Promise<unknown>;
  documentStats(call: { owner: string }): Promise<DocumentStats>;
  /** The largest JSON body with a document's text in it, in bytes. */
  readonly bodyLimitBytes: number;
};

/** A file of `POST /v1/files` that is to be a document. */
const FileDocumentRequest = Type.Object(
  {
    collection: TextDocumentRequest.properties.collection,
    file_id: Type.String({ minLength: 1, maxLength: 128 }),
    path: Type.Optional(TextDocumentRequest.properties.path),
  },
  { additionalProperties: false },
);

/** A file with its collection, and the path to file it under when not its own name. */
const UploadForm = Type.Object({
  file: Type.String({ format: "binary" }),
  collection: Type.Optional(Type.String()),
  path: Type.Optional(Type.String()),
});

/** `count` is the historic field: what the index holds. */
const Stats = Type.Object({
  status: Type.Literal("ok"),
  count: Type.Integer(),
  collections: Type.Integer(),
  sources: Type.Integer(),
  documents: Type.Integer(),
  unreadable: Type.Integer(),
  chunks: Type.Integer(),
});

/** `status` is the historic field: the request was taken; the job says what comes of it. */
const Accepted = Type.Object({ status: Type.Literal("ok"), job: JobView });

const ListQuery = Type.Object({
  collection: Type.Optional(Type.String()),
  path: Type.Optional(Type.String()),
  after: Type.Optional(Type.String()),
  limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$" })),
});

const Params = Type.Object({ id: Type.String() });
const listLimit = 1_000;

const base = "/v1/rag/documents";

/** `/v1/rag/index`, `/v1/rag/documents` and `/v1/rag/stats`. */
export function documentRoutes(app: App, deps: DocumentDeps): void {
  intakeRoutes(app, deps);
  lookRoutes(app, deps);
  const stats = { summary: "How much the index holds", response: { 200: Stats } };
  app.get("/v1/rag/stats", { schema: stats }, async (request) => {
    const counts = await deps.documentStats({ owner: ownerOf(request) });
    return { status: "ok" as const, count: counts.chunks, ...counts };
  });
}

function intakeRoutes(app: App, deps: DocumentDeps): void {
  const accepted = { response: { 202: Accepted } };
  const index = {
    summary: "Indexes a folder below the documents' root and watches it from then on, as a job",
    errors: ["not_found"] as const,
    body: IndexRequest,
    ...accepted,
  };
  app.post("/v1/rag/index", { schema: index }, async (request, reply) => {
    const job = await deps.library.addFolder(ownerOf(request), request.body);
    return reply.code(202).send({ status: "ok", job });
  });
  // The body's schema depends on its type, so it is checked by `take`.
  const handed = {
    summary: "Indexes a pasted text, a file of `/v1/files`, or an upload, as a job",
    errors: ["not_found"] as const,
    bodies: {
      "application/json": Type.Union([TextDocumentRequest, FileDocumentRequest]),
      "multipart/form-data": UploadForm,
    },
    ...accepted,
  };
  app.post(base, { schema: handed, bodyLimit: deps.bodyLimitBytes }, async (request, reply) => {
    const job = await take(deps.library, request);
    return reply.code(202).send({ status: "ok", job });
  });
}

function lookRoutes(app: App, deps: DocumentDeps): void {
  const missing = ["not_found"] as const;
  const list = {
    summary: "The owner's documents, `limit` at a time, after the id `after`",
    errors: missing,
    querystring: ListQuery,
    response: { 200: listAnswer(DocumentView) },
  };
  app.get(base, { schema: list }, async (request) => ({
    object: "list" as const,
    data: await deps.listDocuments(listCall(ownerOf(request), request.query)),
  }));
  const one = { summary: "One document", errors: missing, params: Params, response: { 200: DocumentView } };
  app.get(`${base}/:id`, { schema: one }, async (request) =>
    deps.documentById({ owner: ownerOf(request), id: request.params.id }),
  );
  const text = {
    summary: "The text that citations count their lines in",
    errors: missing,
    params: Params,
    answers: { "text/plain": Type.String() },
  };
  app.get(`${base}/:id/text`, { schema: text }, async (request, reply) => {
    const read = await deps.textOfDocument({ owner: ownerOf(request), id: request.params.id });
    void reply.header("x-content-sha256", read.document.sha256).type("text/plain; charset=utf-8");
    return reply.send(read.text);
  });
  const remove = {
    summary: "Deletes a document; a file of a folder stays, and is kept out from then on",
    errors: missing,
    params: Params,
    ...nothing,
  };
  app.delete(`${base}/:id`, { schema: remove }, async (request, reply) => {
    await deps.deleteDocument({ owner: ownerOf(request), id: request.params.id });
    return reply.code(204).send();
  });
}

async function take(library: DocumentDeps["library"], request: FastifyRequest): Promise<JobView> {
  const owner = ownerOf(request);
  if (request.isMultipart()) {
    const { fields, ...upload } = await readUpload(request);
    const { collection, path } = fields;
    return library.addUpload({ owner, collection }, { ...upload, name: path ?? upload.name });
  }
  const { body } = request;
  if (Value.Check(FileDocumentRequest, body))
    return library.addFile({ owner, collection: body.collection }, body.file_id, body.path);
  if (Value.Check(TextDocumentRequest, body))
    return library.addText({ owner, collection: body.collection }, body.path, body.text);
  const [problem] = Value.Errors(TextDocumentRequest, body);
  const where = problem?.instancePath || "body";
  throw new AppError("invalid_request", `${where} ${problem?.message ?? "is not a document"}`);
}

function listCall(owner: string, query: Static<typeof ListQuery>): DocumentList {
  const { collection, path, after } = query;
  const limit = Math.min(Number(query.limit ?? 100), listLimit);
  return { owner, collection, path, after, limit };
}
