import { type Registry } from "prom-client";

import { createApp } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { metricsRoute } from "@benchai/kernel/metrics";

import { type DemandSink, demandRoutes } from "./routes/demand.ts";
import { type HealthDeps, healthRoutes } from "./routes/health.ts";
import { type WorkerRouteDeps, workerRoutes } from "./routes/workers.ts";

export type AppDeps = HealthDeps &
  WorkerRouteDeps & {
    readonly demand: DemandSink;
    readonly metrics: Registry;
    readonly log: Logger;
  };

const bodyLimitBytes = 1024 * 1024;

/** The controller's internal API. It never listens by itself, so that tests can `inject()`. */
export function buildApp(deps: AppDeps) {
  const app = createApp({ log: deps.log, bodyLimitBytes });
  demandRoutes(app, deps.demand, deps.log);
  workerRoutes(app, deps);
  healthRoutes(app, deps);
  metricsRoute(app, deps.metrics);
  return app;
}
