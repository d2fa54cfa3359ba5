import { Type } from "typebox";

import { AppError } from "@benchai/contract/errors";
import { type ControllerStatus, snapshotHeartbeatMs } from "@benchai/contract/models";
import type { App } from "@benchai/kernel/app";
import { commentText, eventText, openEventStream } from "@benchai/kernel/event-stream";

import type { Decision } from "../core/decide.ts";
import { decisionText, statusText } from "../core/text.ts";
import type { Publisher } from "../publisher.ts";

export type WorkerRouteDeps = {
  readonly publisher: Publisher;
  readonly status: () => ControllerStatus;
  readonly decision: () => Decision | undefined;
  readonly reset: (slot: string) => boolean;
};

/** `GET /workers` and `GET /plan` (JSON, or text when asked), `GET /events`, `POST /workers/{slot}/reset`. */
export function workerRoutes(app: App, deps: WorkerRouteDeps): void {
  app.get("/workers", async (request, reply) => {
    const status = deps.status();
    return wantsText(request.headers.accept)
      ? reply.type("text/plain; charset=utf-8").send(statusText(status, Date.now()))
      : status;
  });

  app.get("/plan", async (request, reply) => {
    const decision = deps.decision();
    if (!decision)
      throw new AppError("docker_unavailable", "no look at the engine has succeeded yet; see /readyz", {
        retryAfterS: 1,
      });
    if (wantsText(request.headers.accept))
      return reply.type("text/plain; charset=utf-8").send(decisionText(decision));
    const { plan, residency } = decision;
    return {
      ...plan,
      desired: [...residency.desired],
      blocked: Object.fromEntries(residency.blocked),
    };
  });

  app.post(
    "/workers/:slot/reset",
    { schema: { params: Type.Object({ slot: Type.String() }) } },
    async ({ params }) => ({
      slot: params.slot,
      hadFailures: deps.reset(params.slot),
    }),
  );

  app.get("/events", (_request, reply) => {
    reply.hijack();
    const { raw } = reply;
    openEventStream(raw);
    const { newest } = deps.publisher;
    if (newest) raw.write(eventText("snapshot", newest));
    const unsubscribe = deps.publisher.subscribe((snapshot) => raw.write(eventText("snapshot", snapshot)));
    const heartbeat = setInterval(() => raw.write(commentText("alive")), snapshotHeartbeatMs);
    raw.on("close", () => {
      unsubscribe();
      clearInterval(heartbeat);
    });
  });
}

function wantsText(accept: string | undefined): boolean {
  return accept?.trimStart().startsWith("text/plain") ?? false;
}
