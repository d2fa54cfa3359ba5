import type { ControllerStatus } from "@benchai/contract/models";
import type { App } from "@benchai/kernel/app";

export type HealthDeps = {
  readonly status: () => ControllerStatus;
  readonly isStoreReachable: () => boolean;
};

/** A look older than this is no basis for a claim, in ms. */
const staleLookMs = 10_000;

/** `/livez`: the process answers. `/readyz` and `/health`: what was seen last, how old it is, and what is wrong. */
export function healthRoutes(app: App, { status, isStoreReachable }: HealthDeps): void {
  const verdict = () => {
    const { role, engine, config, lookAgeMs } = status();
    const isFresh = lookAgeMs !== null && lookAgeMs < staleLookMs;
    const reasons = [
      ...(engine.ok ? [] : [`engine: ${engine.message}`]),
      ...(isFresh || !engine.ok
        ? []
        : [lookAgeMs === null ? "no look yet" : `the last look is ${lookAgeMs} ms old`]),
      ...(config.ok ? [] : [`config: ${config.message}`]),
      ...(isStoreReachable() ? [] : ["valkey does not answer; no other controller can take over"]),
    ];
    const isReady = engine.ok && isFresh;
    return {
      status: isReady ? (reasons.length === 0 ? "ok" : "degraded") : "down",
      service: "controller",
      role,
      lookAgeMs,
      reasons,
    };
  };

  app.get("/livez", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const body = verdict();
    return reply.code(body.status === "down" ? 503 : 200).send(body);
  });
  app.get("/health", async () => verdict());
}
