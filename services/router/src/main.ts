import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";
import { runService } from "@benchai/kernel/service";

import { bindRefusal, isLoopback } from "./core/bind-address.ts";
import { RouterConfig } from "./edge/config.ts";
import { startRouter } from "./router.ts";

const config = readConfig(RouterConfig, process.env);
const log = createLogger("router", config.LOG_LEVEL);
if (!isLoopback(config.BENCHAI_BIND)) {
  log.fatal(bindRefusal(config.BENCHAI_BIND));
  process.exit(1);
}
await runService(log, config.DRAIN_MS + 3_000, async () => {
  const router = await startRouter(config, log);
  log.info({ port: router.port, controller: config.CONTROLLER_URL }, "listening");
  return router;
});
