import type { Registry } from "prom-client";

import { type App, createApp } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { metricsRoute } from "@benchai/kernel/metrics";

import { guardServer, refuseAmbiguous, refuseTooLarge } from "./edge/request-guard.ts";
import { RequestIds } from "./edge/request-ids.ts";
import type { Switchboard } from "./edge/switchboard.ts";
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
  const bodyLimitBytes = switchboard.config.BODY_LIMIT_BYTES;
  const app = createApp({ log, bodyLimitBytes, mayUpgrade: isTunnelled });
  guardServer(app.server);
  // Nothing is logged of a request by default, so no logger is made for each: it costs more than our own code.
  app.setChildLoggerFactory((logger) => logger);
  app.addHook("onRequest", (request, _reply, done) => {
    refuseAmbiguous(request.raw);
    refuseTooLarge(request.raw, request.routeOptions.bodyLimit ?? switchboard.config.BODY_LIMIT_BYTES);
    done();
  });
  const ids = new RequestIds();
  inferenceRoutes(app, switchboard, ids);
  passedOnRoutes(app, switchboard, ids);
  tunnels(app, switchboard, ids);
  modelRoutes(app, switchboard);
  healthRoutes(app, switchboard);
  metricsRoute(app, registry);
  otherMethods(app);
  return app;
}
