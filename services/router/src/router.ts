import { portOf } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { createMetrics } from "@benchai/kernel/metrics";
import type { RunningService } from "@benchai/kernel/service";

import { buildApp } from "./app.ts";
import type { RouterConfig } from "./edge/config.ts";
import { Switchboard } from "./edge/switchboard.ts";

export type Router = RunningService & { readonly port: number };

/** Starts a whole router: follows the controller and listens. `close` drains, then lets go of everything. */
export async function startRouter(config: RouterConfig, log: Logger): Promise<Router> {
  const registry = createMetrics();
  const switchboard = new Switchboard(config, registry, log);
  const app = buildApp({ switchboard, registry, log });
  switchboard.start();
  await app.listen({ port: config.PORT, host: config.HOST, backlog: 4_096 });
  const close = async () => {
    const closed = app.close(); // stops listening at once, settles when the last connection has ended
    await switchboard.drain();
    setTimeout(() => app.server.closeAllConnections(), closeConnectionsMs).unref();
    await closed;
    await switchboard.close();
  };
  return { port: portOf(app), close };
}

/** Time for the last bytes, once every answer has ended. */
const closeConnectionsMs = 250;
