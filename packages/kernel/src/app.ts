import type { IncomingMessage } from "node:http";

import { type TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyBaseLogger, LogController } from "fastify";

import type { ErrorCode } from "@benchai/contract/errors";

import { installErrorHandler } from "./error-handler.ts";
import type { Logger } from "./log.ts";

/** What the OpenAPI document says of a route besides what Fastify checks. Fastify ignores it. */
export type RouteDoc = {
  /** What the route does, in a line. */
  readonly summary?: string;
  /** The codes it may answer with besides those of every route. */
  readonly errors?: readonly ErrorCode[];
  /** Schemas by media type, of bodies that the route reads itself and of answers that are not JSON; no answers: 204, nothing to say. */
  readonly bodies?: Readonly<Record<string, object>>;
  readonly answers?: Readonly<Record<string, object>>;
};

declare module "fastify" {
  interface FastifySchema extends RouteDoc {}
}

export type AppOptions = {
  readonly log: Logger;
  /** Largest request body that is read, in bytes; a larger one is answered 413. */
  readonly bodyLimitBytes: number;
  /** Which requests may leave HTTP for another protocol; without it all that ask to, when anybody listens for them. */
  readonly mayUpgrade?: (request: IncomingMessage) => boolean;
};

/** A Fastify application with what every service shares: JSON logs, one error handler, strict schemas. */
export function createApp({ log, bodyLimitBytes, mayUpgrade }: AppOptions) {
  const loggerInstance: FastifyBaseLogger = log;
  const app = Fastify({
    loggerInstance,
    // A request line for every call would put prompts' timing and clients into the log at default level.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    // Fastify's defaults delete unknown fields and convert types: both change what the client said.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
    forceCloseConnections: "idle",
    ...(mayUpgrade && { http: { shouldUpgradeCallback: mayUpgrade } }),
  }).withTypeProvider<TypeBoxTypeProvider>();
  installErrorHandler(app);
  return app;
}

export type App = ReturnType<typeof createApp>;

/** The port at which it listens; 0 while it does not. */
export function portOf({ server }: Pick<App, "server">): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
