import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";
import { runService } from "@benchai/kernel/service";

import { SpeechConfig } from "./edge/config.ts";
import { startSpeech } from "./service.ts";

/** Shorter than Compose's grace for this service. */
const closeDeadlineMs = 8_000;

const config = readConfig(SpeechConfig, process.env);
const log = createLogger("speech", config.LOG_LEVEL);

await runService(log, closeDeadlineMs, async () => {
  const service = await startSpeech(config, log);
  log.info({ port: service.port }, "listening");
  return service;
});
