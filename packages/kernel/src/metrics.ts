import { collectDefaultMetrics, Registry } from "prom-client";

import type { App } from "./app.ts";

/** A registry with the process's own figures (memory, CPU, event-loop lag), named as prom-client names them. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** `GET /metrics` in the Prometheus text format. */
export function metricsRoute(app: App, registry: Registry): void {
  app.get("/metrics", async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
