import { DemandReport } from "@benchai/contract/demand";
import type { App } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";

export type DemandSink = {
  put(report: DemandReport): void;
  /** The acting controller's address, when it is another one. */
  leaderUrl(): string | undefined;
};

const forwarded = "x-benchai-forwarded";
const forwardTimeoutMs = 1_000;

/** `PUT /demand`. A passive controller keeps the report, in case it leads soon, and passes it on to the leader. */
export function demandRoutes(app: App, sink: DemandSink, log: Logger): void {
  app.put("/demand", { schema: { body: DemandReport } }, async (request, reply) => {
    sink.put(request.body);
    const leader = sink.leaderUrl();
    if (leader !== undefined && request.headers[forwarded] === undefined)
      await forward(leader, request.body, log);
    return reply.code(204).send();
  });
}

/** The routers renew every second: a report that does not arrive is not worth a retry. */
async function forward(leader: string, report: DemandReport, log: Logger): Promise<void> {
  await fetch(`${leader}/demand`, {
    method: "PUT",
    headers: { "content-type": "application/json", [forwarded]: "1" },
    body: JSON.stringify(report),
    signal: AbortSignal.timeout(forwardTimeoutMs),
  }).catch((error: unknown) => log.warn({ err: error, leader }, "demand not forwarded"));
}
