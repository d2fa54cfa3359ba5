import type { ServerResponse } from "node:http";

/** Headers of a server-sent event stream (WHATWG HTML, "Server-sent events"); no proxy may buffer it. */
export const eventStreamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/** One named event with a JSON payload. */
export function eventText(name: string, payload: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`;
}

/** A comment line: clients ignore it, connections stay open, and the other end sees that we live. */
export function commentText(text: string): string {
  return `: ${text}\n\n`;
}

/** Opens an event stream on a hijacked response, with Nagle's delay off. */
export function openEventStream(
  raw: ServerResponse,
  extraHeaders: Readonly<Record<string, string>> = {},
): void {
  raw.socket?.setNoDelay(true);
  raw.writeHead(200, { ...eventStreamHeaders, ...extraHeaders });
  raw.flushHeaders();
}
