import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";
import {
  AppendRequest,
  Backlink,
  NoteListQuery,
  NoteRenamed,
  NoteSummary,
  NoteTrashed,
  NoteView,
  NoteWritten,
  PatchRequest,
  PeriodicRequest,
  periods,
  PutNoteRequest,
  RenameRequest,
  VaultGraphView,
  VaultSearchRequest,
  VaultStatus,
} from "@benchai/contract/obsidian";
import { SearchAnswer } from "@benchai/contract/rag";
import type { App } from "@benchai/kernel/app";

import type { Condition } from "../edge/vault/vault.ts";
import { type VaultDesk, writtenView } from "../vault.ts";
import { listAnswer } from "./answers.ts";
import { ownerOf } from "@benchai/kernel/owner";

export type ObsidianDeps = { readonly vault: VaultDesk };

const base = "/v1/obsidian";
/** A note as JSON, in which a character may take six bytes. */
const bodyLimitBytes = 24 * 1024 * 1024;

const Params = Type.Object({ "*": Type.String() });
const ReadQuery = Type.Object(
  { format: Type.Optional(Type.Enum(["json", "raw"])), embeds: Type.Optional(Type.Enum(["expand"])) },
  { additionalProperties: false },
);
const PathQuery = Type.Object({ path: NoteView.properties.path }, { additionalProperties: false });
const Period = Type.Object({ period: Type.Enum([...periods]) });
const DateQuery = Type.Object({ date: PeriodicRequest.properties.date }, { additionalProperties: false });

/** `/v1/obsidian`: the vault's notes, its graph, search in it, and its periodic notes. */
export function obsidianRoutes(app: App, deps: ObsidianDeps): void {
  const { vault } = deps;
  void app.register(async (scope) => {
    // Notes may come as they are, without JSON around them.
    scope.addContentTypeParser(
      ["text/markdown", "text/plain"],
      { parseAs: "string" },
      (_request, body, done) => done(null, { text: body }),
    );
    noteRoutes(scope, vault);
    vaultRoutes(scope, vault);
    periodicRoutes(scope, vault);
  });
}

/** What a vault may answer besides what every route does. */
const missing = ["not_found"] as const;
const writing = ["not_found", "conflict", "note_changed", "vault_read_only"] as const;
const replacing = [...writing, "precondition_required"] as const;

function vaultRoutes(app: App, vault: VaultDesk): void {
  const status = {
    summary: "Whether there is a vault, and whether it can be read, written and searched",
    response: { 200: VaultStatus },
  };
  app.get(`${base}/status`, { schema: status }, async (request) => vault.status(ownerOf(request)));
  const graph = {
    summary: "All links, those that lead nowhere, and notes that stand alone",
    errors: missing,
    response: { 200: VaultGraphView },
  };
  app.get(`${base}/graph`, { schema: graph }, async (request) => vault.graph(ownerOf(request)));
  const links = {
    summary: "What links to a note",
    errors: missing,
    querystring: PathQuery,
    response: { 200: listAnswer(Backlink) },
  };
  app.get(`${base}/backlinks`, { schema: links }, async (request) => ({
    object: "list" as const,
    data: await vault.backlinks(ownerOf(request), request.query.path),
  }));
  const search = {
    summary: "Searches the vault by words and meaning",
    errors: missing,
    body: VaultSearchRequest,
    response: { 200: SearchAnswer },
  };
  app.post(`${base}/search`, { schema: search }, async (request) =>
    vault.search(ownerOf(request), request.body),
  );
  const rename = {
    summary: "Moves a note and rewrites the links to it, in all notes or in none; `If-Match` may be given",
    errors: writing,
    body: RenameRequest,
    response: { 200: NoteRenamed },
  };
  app.post(`${base}/rename`, { schema: rename }, async (request, reply) => {
    const { from, to } = request.body;
    const renamed = await vault.rename(ownerOf(request), from, to, conditionOf(request));
    return reply.header("etag", quoted(renamed.etag)).send(renamed);
  });
}

function noteRoutes(app: App, vault: VaultDesk): void {
  const list = {
    summary: "Notes by folder, tag, field and date, `limit` at a time, after the path `start_after`",
    errors: missing,
    querystring: NoteListQuery,
    response: { 200: listAnswer(NoteSummary) },
  };
  app.get(`${base}/notes`, { schema: list }, async (request) => ({
    object: "list" as const,
    data: await vault.list(ownerOf(request), request.query),
  }));
  const url = `${base}/notes/*`;
  const read = {
    summary:
      "A note as it is now; as a file with `Accept: text/markdown`. The header `etag` is for `If-Match`",
    errors: missing,
    params: Params,
    querystring: ReadQuery,
    answers: { "application/json": NoteView, "text/markdown": Type.String() },
  };
  app.get(url, { schema: read }, async (request, reply) => readNote(vault, request, request.query, reply));
  writingRoutes(app, vault, url);
}

function writingRoutes(app: App, vault: VaultDesk, url: string): void {
  const bodyLimit = bodyLimitBytes;
  const written = { params: Params, response: { 200: NoteWritten, 201: NoteWritten } };
  const pathOf = (request: { readonly params: Static<typeof Params> }) => request.params["*"];
  const put = {
    summary: "Makes a note, or replaces the one whose etag `If-Match` carries",
    errors: replacing,
    bodies: { "application/json": PutNoteRequest, "text/markdown": Type.String() },
  };
  app.put(
    url,
    { schema: { ...put, ...written, body: PutNoteRequest }, bodyLimit },
    async (request, reply) => {
      const condition = conditionOf(request);
      return answer(reply, await vault.put(ownerOf(request), pathOf(request), request.body.text, condition));
    },
  );
  const append = {
    summary: "Adds lines to a note, at its end or under a heading; makes it when it is not there",
    errors: writing,
    bodies: { "application/json": AppendRequest, "text/markdown": Type.String() },
  };
  app.post(
    url,
    { schema: { ...append, ...written, body: AppendRequest }, bodyLimit },
    async (request, reply) =>
      answer(reply, await vault.append(ownerOf(request), pathOf(request), request.body)),
  );
  const patch = { summary: "Changes one section, block or property of a note", errors: writing };
  app.patch(
    url,
    { schema: { ...patch, ...written, body: PatchRequest }, bodyLimit },
    async (request, reply) => {
      const condition = conditionOf(request);
      return answer(reply, await vault.patch(ownerOf(request), pathOf(request), request.body, condition));
    },
  );
  const remove = { summary: "Moves a note to the vault's trash", errors: writing };
  const trashed = { params: Params, response: { 200: NoteTrashed } };
  app.delete(url, { schema: { ...remove, ...trashed } }, async (request) =>
    vault.remove(ownerOf(request), pathOf(request), conditionOf(request)),
  );
}

function periodicRoutes(app: App, vault: VaultDesk): void {
  const url = `${base}/periodic/:period`;
  const find = {
    summary: "The note of a day, week, month, quarter or year, today's when no date is given",
    errors: missing,
    params: Period,
    querystring: DateQuery,
    answers: { "application/json": NoteView, "text/markdown": Type.String() },
  };
  app.get(url, { schema: find }, async (request, reply) => {
    const { period } = request.params;
    const path = await vault.periodic(ownerOf(request)).path(period, request.query.date);
    return readNote(vault, withPath(request, path), {}, reply);
  });
  const write = {
    summary: "Makes such a note from the vault's template when it is not there, and adds lines to it",
    errors: writing,
    params: Period,
    body: PeriodicRequest,
    response: { 200: NoteWritten, 201: NoteWritten },
  };
  app.post(url, { schema: write }, async (request, reply) => {
    const made = await vault.periodic(ownerOf(request)).write(request.params.period, request.body);
    return answer(reply, writtenView(made));
  });
}

type ReadRequest = { readonly owner: string; readonly path: string; readonly accept: string | undefined };

function withPath(request: FastifyRequest, path: string): ReadRequest {
  return { owner: ownerOf(request), path, accept: request.headers.accept };
}

async function readNote(
  vault: VaultDesk,
  request: ReadRequest | FastifyRequest<{ Params: Static<typeof Params> }>,
  { format, embeds }: Static<typeof ReadQuery>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { owner, path, accept } = "params" in request ? withPath(request, request.params["*"]) : request;
  if (format === "raw" || (format === undefined && accept?.includes("text/markdown"))) {
    const note = await vault.readRaw(owner, path);
    const type = "text/markdown; charset=utf-8";
    return reply.header("etag", quoted(note.etag)).type(type).send(Buffer.from(note.text, "utf8"));
  }
  const note = await vault.read(owner, path, embeds === "expand");
  return reply.header("etag", quoted(note.etag)).send(Value.Clean(NoteView, note));
}

function answer(reply: FastifyReply, written: NoteWritten): FastifyReply {
  return reply
    .code(written.created ? 201 : 200)
    .header("etag", quoted(written.etag))
    .send(written);
}

function quoted(etag: string): string {
  return `"${etag}"`;
}

/** RFC 9110, 13.1: one strong entity tag for `If-Match`, `*` for `If-None-Match`. */
function conditionOf({ headers }: FastifyRequest): Condition {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (noneMatch === "*" && match === undefined) return { kind: "absent" };
  const etag = /^"([0-9a-f]{64})"$/u.exec(match ?? "")?.[1];
  if (etag !== undefined && noneMatch === undefined) return { kind: "match", etag };
  if (match === undefined && noneMatch === undefined) return { kind: "any" };
  throw new AppError(
    "invalid_request",
    'If-Match takes the note\'s etag in quotes, as it was given; If-None-Match takes "*"; not both',
    { param: "if-match" },
  );
}
