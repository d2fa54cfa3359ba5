import type { App } from "@benchai/kernel/app";

import type { KnowledgeHealth } from "../core/knowledge-health.ts";

/** The probes. `/readyz` says whether data can be read, and why not, or what is missing besides. */
export function healthRoutes(app: App, health: () => KnowledgeHealth): void {
  app.get("/livez", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const now = health();
    return reply.code(now.ready ? 200 : 503).send(now);
  });
}
