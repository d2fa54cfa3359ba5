import type { Registry } from "prom-client";

import { type App, createApp } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { metricsRoute } from "@benchai/kernel/metrics";

import { webTrust } from "./core/web-trust.ts";
import { guardServer, refuseAmbiguous, refuseTooLarge } from "./edge/request-guard.ts";
import { RequestIds } from "./edge/request-ids.ts";
import type { Switchboard } from "./edge/switchboard.ts";
import { allowReading, isPreflight, preflightHeaders, refuseStrangers } from "./edge/web-guard.ts";
import { inferenceRoutes } from "./routes/chat.ts";
import { healthRoutes } from "./routes/health.ts";
import { passedOnRoutes } from "./routes/passed-on.ts";
import { modelRoutes } from "./routes/models.ts";
import { otherMethods } from "./routes/other-methods.ts";
import { isTunnelled, tunnels } from "./routes/tunnels.ts";

export type RouterParts = {
  readonly switchboard: Switchboard;
  readonly registry: Registry;
  readonly log: Logger;
};

/** The router's HTTP side; it does not listen. */
export function buildApp({ switchboard, registry, log }: RouterParts): App {
  const { BODY_LIMIT_BYTES: bodyLimitBytes, BENCHAI_HOSTS, BENCHAI_ORIGINS } = switchboard.config;
  const trust = webTrust(BENCHAI_HOSTS, BENCHAI_ORIGINS);
  const app = createApp({ log, bodyLimitBytes, mayUpgrade: isTunnelled });
  guardServer(app.server);
  // Nothing is logged of a request by default, so no logger is made for each: it costs more than our own code.
  app.setChildLoggerFactory((logger) => logger);
  app.addHook("onRequest", (request, reply, done) => {
    const { raw } = request;
    refuseAmbiguous(raw);
    if (refuseStrangers(raw, trust) === "named") {
      allowReading(raw, reply.raw);
      if (isPreflight(raw)) {
        void reply.code(204).headers(preflightHeaders(raw)).send();
        return;
      }
    }
    refuseTooLarge(raw, request.routeOptions.bodyLimit ?? bodyLimitBytes);
    done();
  });
  const ids = new RequestIds();
  inferenceRoutes(app, switchboard, ids);
  passedOnRoutes(app, switchboard, ids);
  tunnels(app, switchboard, ids, trust);
  modelRoutes(app, switchboard);
  healthRoutes(app, switchboard);
  metricsRoute(app, registry);
  otherMethods(app);
  return app;
}
