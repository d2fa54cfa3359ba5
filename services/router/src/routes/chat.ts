import type { FastifyReply, FastifyRequest } from "fastify";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import { readAudioCall } from "../core/audio-call.ts";
import { type CallKind, callKinds, jsonKinds, type JsonKind } from "../core/call-kinds.ts";
import { type Call, readCall } from "../core/call.ts";
import { BodyBudget } from "../edge/body-budget.ts";
import { ClientResponse } from "../edge/client-response.ts";
import type { RequestIds } from "../edge/request-ids.ts";
import { unknownModel } from "../edge/router-metrics.ts";
import type { Switchboard } from "../edge/switchboard.ts";

/** `application/json`, with parameters such as `charset=utf-8` and no other character set. */
const jsonType = /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?(;[ \t]*)?$/i;

type Taken = { readonly call: Call; readonly body: Uint8Array };

/** The inference routes: they differ in their path, in how their model is told, and in what they require. */
export function inferenceRoutes(app: App, switchboard: Switchboard, ids: RequestIds): void {
  app.removeAllContentTypeParsers();
  for (const type of ["application/json", "multipart/form-data"])
    app.addContentTypeParser(type, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  const budget = new BodyBudget(switchboard.config.BODY_BUDGET_BYTES);
  const onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    budget.reserve(request.raw, reply.raw);
    done();
  };
  const route = (kind: CallKind, read: (request: FastifyRequest) => Taken) =>
    app.post(callKinds[kind].path, { onRequest }, (request, reply) => {
      const arrivedMs = performance.now();
      const id = ids.next();
      void reply.header("x-request-id", id);
      const { call, body } = counted(switchboard, kind, () => read(request));
      reply.hijack();
      switchboard.admit(call, body, new ClientResponse(reply.raw, id), arrivedMs);
    });
  for (const kind of jsonKinds) route(kind, (request) => readJson(kind, request));
  route("transcription", ({ query, headers, body }) => ({
    call: readAudioCall(query, headers),
    body: bytesOf(body),
  }));
}

/** What `read` returns; what it throws is counted as the request's end. */
function counted(switchboard: Switchboard, kind: CallKind, read: () => Taken): Taken {
  try {
    return read();
  } catch (error) {
    const status = error instanceof AppError ? error.status : 500;
    switchboard.metrics.requests.inc({ route: kind, model: unknownModel, status });
    throw error;
  }
}

function readJson(kind: JsonKind, { headers, body }: FastifyRequest): Taken {
  if (!jsonType.test(headers["content-type"] ?? ""))
    throw new AppError("unsupported_media_type", "send the body as content-type: application/json");
  if (headers["content-encoding"] !== undefined)
    throw new AppError("unsupported_media_type", "send the body without content-encoding");
  const bytes = bytesOf(body);
  return { call: readCall(kind, bytes, headers), body: bytes };
}

function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}
