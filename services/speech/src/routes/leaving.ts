import type { FastifyReply } from "fastify";

/** Aborts when the client leaves before it has everything. */
export function leaving({ raw }: FastifyReply): AbortSignal {
  const left = new AbortController();
  raw.once("close", () => left.abort());
  return left.signal;
}
