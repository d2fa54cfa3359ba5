import { EnrichAnswer, EnrichCall, TurnReport } from "@benchai/contract/enrichment";
import type { App } from "@benchai/kernel/app";

import { ownerOf } from "@benchai/kernel/owner";

export type InternalDeps = {
  readonly enrich: (owner: string, call: EnrichCall) => Promise<EnrichAnswer>;
  readonly keepTurn: (owner: string, turn: TurnReport) => Promise<void>;
};

/** What the router alone asks; it never passes a client's request on to these. */
export function internalRoutes(app: App, deps: InternalDeps): void {
  app.post(
    "/internal/enrich",
    { schema: { body: EnrichCall, response: { 200: EnrichAnswer } } },
    async (request) => deps.enrich(ownerOf(request), request.body),
  );
  app.post("/internal/turns", { schema: { body: TurnReport } }, async (request, reply) => {
    await deps.keepTurn(ownerOf(request), request.body);
    return reply.code(202).send({ status: "ok" });
  });
}
