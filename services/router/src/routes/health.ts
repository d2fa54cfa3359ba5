import type { App } from "@benchai/kernel/app";

import { routerHealth, unreadyReasons } from "../core/router-health.ts";
import type { Switchboard } from "../edge/switchboard.ts";

/** The probes, and what the root says of itself. */
export function healthRoutes(app: App, switchboard: Switchboard): void {
  app.get("/", async () => ({
    service: "benchai-router",
    what: "an OpenAI-compatible API in front of local models",
    api: "/v1",
    health: "/health",
    docs: "docs/api.md",
  }));
  app.get("/livez", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const reasons = unreadyReasons(switchboard.seen);
    return reply.code(reasons.length > 0 ? 503 : 200).send({ ready: reasons.length === 0, reasons });
  });
  app.get("/health", async (_request, reply) => {
    const health = routerHealth(switchboard.seen);
    return reply.code(health.status === "down" ? 503 : 200).send(health);
  });
}
