import { InProcessDispatcher } from "@benchai/fakes/in-process-dispatcher";
import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";

import { SpeechConfig } from "../src/edge/config.ts";
import { startSpeech } from "../src/service.ts";

/** The speech service with a queue in its process, made to be killed. Says on which port it listens. */
const config = readConfig(SpeechConfig, process.env);
const { port } = await startSpeech(config, createLogger("speech", "fatal"), () => new InProcessDispatcher());
process.stdout.write(`${port}\n`);
