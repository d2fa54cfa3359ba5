import { type TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyBaseLogger, LogController } from "fastify";

import { installErrorHandler } from "./error-handler.ts";
import type { Logger } from "./log.ts";

export type AppOptions = {
  readonly log: Logger;
  /** Largest request body that is read, in bytes; a larger one is answered 413. */
  readonly bodyLimitBytes: number;
};

/** A Fastify application with what every service shares: JSON logs, one error handler, strict schemas. */
export function createApp({ log, bodyLimitBytes }: AppOptions) {
  const loggerInstance: FastifyBaseLogger = log;
  const app = Fastify({
    loggerInstance,
    // A request line for every call would put prompts' timing and clients into the log at default level.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    // Fastify's defaults delete unknown fields and convert types: both change what the client said.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
    forceCloseConnections: "idle",
  }).withTypeProvider<TypeBoxTypeProvider>();
  installErrorHandler(app);
  return app;
}

export type App = ReturnType<typeof createApp>;
