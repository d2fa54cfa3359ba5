import type { IncomingMessage, ServerResponse } from "node:http";

import { AppError } from "@benchai/contract/errors";

import { isTrustedHost, originOf, type WebTrust } from "../core/web-trust.ts";

/** Refuses what a page in a browser may not ask for; answers whether it is one that may read across origins. */
export function refuseStrangers({ headers }: IncomingMessage, trust: WebTrust): "own" | "named" {
  const { host, origin } = headers;
  if (!isTrustedHost(host, trust))
    throw new AppError(
      "host_not_allowed",
      `${host} is no name of this machine that is known here, and a web page may have made it point here; a reverse proxy's name belongs into BENCHAI_HOSTS in .env`,
    );
  const kind = originOf(origin, host, trust);
  if (kind === "foreign")
    throw new AppError(
      "origin_not_allowed",
      `pages of ${origin} may not use this API; if they shall, put the origin into BENCHAI_ORIGINS in .env`,
    );
  return kind;
}

/** Lets the page that asked read the answer (CORS). Set on the bare response, as streams are written to that. */
export function allowReading(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("access-control-allow-origin", request.headers.origin ?? "");
  response.setHeader("access-control-expose-headers", "*");
  response.setHeader("vary", "origin");
}

/** What a browser asks before it sends what a form could not. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/** The answer to a preflight of a page that may ask. What a route does not take, it refuses itself. */
export function preflightHeaders({ headers }: IncomingMessage): Record<string, string> {
  const asked = headers["access-control-request-headers"];
  return {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    ...(asked !== undefined && { "access-control-allow-headers": asked }),
    // Chrome asks for this on top when a public page calls a private address.
    "access-control-allow-private-network": "true",
    "access-control-max-age": "600",
  };
}
