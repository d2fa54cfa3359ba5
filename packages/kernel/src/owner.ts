import type { FastifyRequest } from "fastify";

import { defaultOwner, ownerHeader } from "@benchai/contract/enrichment";

/**
 * Whose request this is. The router sets the header from the client's key, and drops a client's own; nobody but the
 * stack's services can reach this one. Without it, everything is the machine's owner's.
 */
export function ownerOf({ headers }: FastifyRequest): string {
  const named = headers[ownerHeader];
  return typeof named === "string" && named !== "" ? named : defaultOwner;
}
