import type { App } from "@benchai/kernel/app";

/** What `/readyz` says: whether anything can be spoken, and what is missing besides. */
export type SpeechHealth = { readonly ready: boolean; readonly reasons: readonly string[] };

/** The probes. */
export function healthRoutes(app: App, health: () => SpeechHealth): void {
  app.get("/livez", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const now = health();
    return reply.code(now.ready ? 200 : 503).send(now);
  });
}
