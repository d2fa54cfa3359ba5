import type { FastifyReply, FastifyRequest } from "fastify";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import { knowledgeRoutes, knowledgeTarget } from "../core/knowledge-path.ts";
import { passedMethods } from "../edge/knowledge-proxy.ts";
import type { RequestIds } from "../edge/request-ids.ts";
import type { Switchboard } from "../edge/switchboard.ts";

/** Memory, documents, jobs and MCP: passed on to the knowledge service, which decides what each path and method means. */
export function passedOnRoutes(app: App, switchboard: Switchboard, ids: RequestIds): void {
  // A scope of its own: here bodies are not read but piped, whatever they are.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, parsed) => parsed(null));
    const handler = (request: FastifyRequest, reply: FastifyReply) =>
      passOn(switchboard, ids.next(), request, reply);
    const method = [...passedMethods];
    const bodyLimit = switchboard.config.UPLOAD_LIMIT_BYTES;
    for (const { path, own, below } of knowledgeRoutes) {
      if (own) scope.route({ method, url: path, bodyLimit, handler });
      if (below) scope.route({ method, url: `${path}/*`, bodyLimit, handler });
    }
    done();
  });
}

async function passOn(
  switchboard: Switchboard,
  requestId: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  void reply.header("x-request-id", requestId);
  const target = knowledgeTarget(request.raw.url ?? "");
  const { proxy } = switchboard;
  if (!proxy)
    throw new AppError(
      "not_found",
      "memory and documents are switched off; set KNOWLEDGE_URL and start the knowledge service",
    );
  const owner = switchboard.ownerOf(request.headers);
  const status = await proxy.pass({ target, owner, requestId }, request.raw, reply.raw);
  reply.hijack();
  switchboard.metrics.knowledge.inc({ status });
}
