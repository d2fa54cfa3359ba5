import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";
import { runService } from "@benchai/kernel/service";

import { KnowledgeConfig } from "./edge/config.ts";
import { startKnowledge } from "./knowledge.ts";

/** Shorter than Compose's grace for this service. */
const closeDeadlineMs = 15_000;

const config = readConfig(KnowledgeConfig, process.env);
const log = createLogger("knowledge", config.LOG_LEVEL);

await runService(log, closeDeadlineMs, async () => {
  const service = await startKnowledge(config, log, (error) => {
    // Crash-only: without its threads the service is of no use, and Docker starts it anew.
    log.fatal({ err: error }, "a thread ended");
    process.exit(1);
  });
  log.info({ port: service.port }, "listening");
  return service;
});
