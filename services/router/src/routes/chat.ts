import type { FastifyReply, FastifyRequest } from "fastify";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import { type CallKind, callKinds } from "../core/call-kinds.ts";
import { type Call, readCall } from "../core/call.ts";
import { BodyBudget } from "../edge/body-budget.ts";
import { ClientResponse } from "../edge/client-response.ts";
import type { RequestIds } from "../edge/request-ids.ts";
import { unknownModel } from "../edge/router-metrics.ts";
import type { Switchboard } from "../edge/switchboard.ts";

/** `application/json`, with parameters such as `charset=utf-8` and no other character set. */
const jsonType = /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?(;[ \t]*)?$/i;

/** The inference routes: chat, completions, embeddings and ranking differ in their path and in what they require. */
export function inferenceRoutes(app: App, switchboard: Switchboard, ids: RequestIds): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  const budget = new BodyBudget(switchboard.config.BODY_BUDGET_BYTES);
  const onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    budget.reserve(request.raw, reply.raw);
    done();
  };
  for (const kind of ["chat", "completion", "embedding", "rerank"] as const)
    app.post(callKinds[kind].path, { onRequest }, (request, reply) => {
      const arrivedMs = performance.now();
      const id = ids.next();
      void reply.header("x-request-id", id);
      const { call, body } = readOrCount(switchboard, kind, request);
      reply.hijack();
      switchboard.admit(call, body, new ClientResponse(reply.raw, id), arrivedMs);
    });
}

function readOrCount(
  switchboard: Switchboard,
  kind: CallKind,
  request: FastifyRequest,
): { call: Call; body: Uint8Array } {
  try {
    const body = readBody(request);
    return { call: readCall(kind, body, request.headers), body };
  } catch (error) {
    const status = error instanceof AppError ? error.status : 500;
    switchboard.metrics.requests.inc({ route: kind, model: unknownModel, status });
    throw error;
  }
}

function readBody({ headers, body }: FastifyRequest): Uint8Array {
  if (!jsonType.test(headers["content-type"] ?? ""))
    throw new AppError("unsupported_media_type", "send the body as content-type: application/json");
  if (headers["content-encoding"] !== undefined)
    throw new AppError("unsupported_media_type", "send the body without content-encoding");
  return body instanceof Uint8Array ? body : new Uint8Array();
}
