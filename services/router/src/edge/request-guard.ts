import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

import { AppError } from "@benchai/contract/errors";
import { errorBody } from "@benchai/contract/openai";

/** How long a client may take to send a whole request, in ms: 32 MiB over a slow line. */
const requestTimeoutMs = 300_000;

/**
 * What Node's parser refuses (SECURITY B1: conflicting lengths, folded headers, bare line feeds, bad chunks) gets
 * an OpenAI error object and a closed connection; nothing of it reaches a route.
 */
export function guardServer(server: Server): void {
  server.requestTimeout = requestTimeoutMs;
  // Fastify has put its own listener here, which answers in another shape.
  server.removeAllListeners("clientError");
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) =>
    answerClientError(error, socket),
  );
}

const refusals: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "the request's headers are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "the request was not complete in time"],
};

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, message] = refusals[error.code ?? ""] ?? [
    "400 Bad Request",
    "the request is not valid HTTP",
  ];
  answerOn(socket, status, { message, code: "invalid_request", status: 400, param: undefined });
}

/** Answers where there is no response to answer with, and closes the connection. `status` as the first line has it. */
export function answerOn(socket: Duplex, status: string, error: Parameters<typeof errorBody>[0]): void {
  const body = JSON.stringify(errorBody(error));
  const head = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * Refuses a body that announces itself as too large while the connection goes on being read: a connection that is
 * closed with unread bytes is reset, and the client would never see the 413.
 */
export function refuseTooLarge(raw: IncomingMessage, limitBytes: number): void {
  const length = Number(raw.headers["content-length"] ?? 0);
  if (length > limitBytes)
    throw new AppError("body_too_large", `the body has ${length} bytes; ${limitBytes} are allowed`);
}

/** Refuses what the parser lets through but two servers could read differently: a second Host, a target with a host. */
export function refuseAmbiguous(raw: IncomingMessage): void {
  let hosts = 0;
  for (let i = 0; i < raw.rawHeaders.length; i += 2) {
    const name = raw.rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (raw.url?.startsWith("/") === false && raw.url !== "*")
    throw new AppError("invalid_request", "the request's target must be a path");
  if (hosts > 1) throw new AppError("invalid_request", "the request has more than one Host header");
}
