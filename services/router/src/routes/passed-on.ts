import type { FastifyReply, FastifyRequest } from "fastify";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import {
  isSpokenChat,
  isTranscription,
  type PassedService,
  passedOnPaths,
  passedTarget,
} from "../core/passed-on.ts";
import type { RequestIds } from "../edge/request-ids.ts";
import { passedMethods } from "../edge/service-proxy.ts";
import type { Switchboard } from "../edge/switchboard.ts";

/** Memory, documents, jobs, MCP and speech: passed on to the service that decides what each path and method means. */
export function passedOnRoutes(app: App, switchboard: Switchboard, ids: RequestIds): void {
  // A scope of its own: here bodies are not read but piped, whatever they are.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, parsed) => parsed(null));
    const method = [...passedMethods];
    const bodyLimit = switchboard.config.UPLOAD_LIMIT_BYTES;
    for (const { service, path, own, below } of passedOnPaths) {
      const handler = (request: FastifyRequest, reply: FastifyReply) =>
        passOn(switchboard, service, ids.next(), request, reply);
      if (own) scope.route({ method, url: path, bodyLimit, handler });
      if (below) scope.route({ method, url: `${path}/*`, bodyLimit, handler });
    }
    done();
  });
}

const settings = { knowledge: "KNOWLEDGE_URL", speech: "SPEECH_URL" } as const satisfies Record<
  PassedService,
  string
>;

async function passOn(
  switchboard: Switchboard,
  service: PassedService,
  requestId: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  void reply.header("x-request-id", requestId);
  const target = passedTarget(request.raw.url ?? "", service);
  const proxy = switchboard.proxyTo(service);
  if (!proxy)
    throw new AppError(
      "not_found",
      `the ${service} service is switched off; set ${settings[service]} and start it`,
    );
  const owner = switchboard.ownerOf(request.headers);
  const timeoutMs = isTranscription(target) ? switchboard.config.TRANSCRIPTION_TIMEOUT_MS : undefined;
  const asked = { target, owner, requestId, timeoutMs, isInClientsName: isSpokenChat(target) };
  const status = await proxy.pass(asked, request.raw, reply.raw);
  reply.hijack();
  switchboard.metrics.passedOn.inc({ service, status });
}
