import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";

import { type Dispatcher, Pool } from "undici";

import { ownerHeader } from "@benchai/contract/enrichment";
import { AppError, type ErrorCode } from "@benchai/contract/errors";

import { Upload } from "./upload.ts";

export type ProxyOptions = {
  /** What the service does, as messages say it: "memory and documents". */
  readonly does: string;
  /** Its code when it is away. */
  readonly unavailable: ErrorCode;
  /** How long the service may take to begin to answer, once it has the whole request, in ms. */
  readonly timeoutMs: number;
  /** Longest silence inside an answer, or of a client that does not read it, in ms. */
  readonly stallMs: number;
  readonly maxUploadBytes: number;
};

/** The methods that are passed on. */
export const passedMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

export type ProxiedRequest = {
  /** The checked target, as the client wrote it. */
  readonly target: string;
  readonly owner: string;
  readonly requestId: string;
  /** Instead of the service's own `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** Whether what the client is known by goes along, and what its chats are enriched with. */
  readonly isInClientsName?: boolean;
};

export type UpgradedService = {
  readonly socket: Duplex;
  readonly headers: Readonly<Record<string, string>>;
};

const connectTimeoutMs = 3_000;
/** Requests at a time, streams of events among them. */
const maxOpen = 256;

/** What goes on to the service (SECURITY B8); who asks and the request's id are ours to say. */
const sentHeaders = [
  "content-type",
  "content-length",
  "accept",
  "mcp-session-id",
  "mcp-protocol-version",
  "last-event-id",
  "if-match",
  "if-none-match",
  "range",
  "if-range",
] as const;

/** What goes on besides, in a client's name. */
const clientsHeaders = ["authorization", "x-api-key", "x-benchai-memory", "x-benchai-rag"] as const;

/** What a WebSocket's handshake needs (RFC 6455, 4.1 and 4.2.2). */
const handshakeHeaders = [
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
] as const;
const shakenHeaders = ["sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"] as const;

/** What comes back; no cookies, no CORS. */
const returnedHeaders = [
  "content-type",
  "content-length",
  "content-disposition",
  "content-range",
  "accept-ranges",
  "etag",
  "location",
  "mcp-session-id",
  "retry-after",
  "cache-control",
  "allow",
  "x-accel-buffering",
  "trailer",
  "x-benchai-speech-engine",
  "x-benchai-speech-voice",
] as const;

/** What may still be said at the end. */
const returnedTrailers = ["x-benchai-speech-engines"] as const;

/** Documents of unknown origin may come back: no browser shall take one for a page of ours (SECURITY D6). */
const safety = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; sandbox",
};

/** Passes requests on to a service and its answers back, both as they come and with back-pressure. */
export class ServiceProxy {
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #options: ProxyOptions;
  #open = 0;

  constructor(serviceUrl: string, options: ProxyOptions) {
    const url = new URL(serviceUrl);
    this.#basePath = url.pathname.replace(/\/+$/, "");
    this.#options = options;
    this.#pool = new Pool(url.origin, {
      connections: maxOpen,
      pipelining: 1,
      allowH2: false,
      connectTimeout: connectTimeoutMs,
      bodyTimeout: options.stallMs,
    });
  }

  /** Settles when the exchange is over; throws only while the client can still be told by a status. */
  async pass(asked: ProxiedRequest, request: IncomingMessage, response: ServerResponse): Promise<number> {
    this.#enter();
    const left = new AbortController();
    const leave = () => left.abort();
    response.once("close", leave);
    try {
      const answer = await this.#send(asked, request, left.signal);
      return await this.#give(asked, answer, response);
    } finally {
      response.off("close", leave);
      this.#open -= 1;
    }
  }

  /**
   * Opens a WebSocket to the service, and answers with the other end and what the client's handshake is to be answered with.
   * Errors: `queue_full`, the service's own code when it is away or refuses.
   */
  async upgrade(asked: ProxiedRequest, headers: IncomingHttpHeaders): Promise<UpgradedService> {
    this.#enter();
    const leave = () => (this.#open -= 1);
    try {
      const answer = await this.#pool.upgrade({
        method: "GET",
        path: this.#basePath + asked.target,
        protocol: "websocket",
        headers: {
          ...picked(headers, handshakeHeaders),
          "x-request-id": asked.requestId,
          [ownerHeader]: asked.owner,
        },
      });
      answer.socket.once("close", leave);
      return { socket: answer.socket, headers: picked(answer.headers, shakenHeaders) };
    } catch (error) {
      leave();
      throw this.#unavailable(error);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #enter(): void {
    if (this.#open >= maxOpen)
      throw new AppError("queue_full", `too many requests to ${this.#options.does} at once; try again`, {
        retryAfterS: 2,
      });
    this.#open += 1;
  }

  async #send(asked: ProxiedRequest, request: IncomingMessage, signal: AbortSignal) {
    const upload = hasBody(request.headers) ? new Upload(request, this.#options.maxUploadBytes) : undefined;
    try {
      return await this.#pool.request({
        method: passedMethods.find((method) => method === request.method) ?? "GET",
        path: this.#basePath + asked.target,
        headers: {
          ...picked(request.headers, sentHeaders),
          ...(asked.isInClientsName ? picked(request.headers, clientsHeaders) : {}),
          "x-request-id": asked.requestId,
          [ownerHeader]: asked.owner,
        },
        body: upload ?? null,
        headersTimeout: asked.timeoutMs ?? this.#options.timeoutMs,
        signal,
      });
    } catch (error) {
      throw error instanceof AppError ? error : this.#unavailable(error);
    }
  }

  async #give(
    asked: ProxiedRequest,
    answer: Dispatcher.ResponseData,
    response: ServerResponse,
  ): Promise<number> {
    const { statusCode, headers, trailers, body } = answer;
    response.writeHead(statusCode, {
      ...picked(headers, returnedHeaders),
      ...safety,
      "x-request-id": asked.requestId,
    });
    // Headers alone tell a client that its stream is open.
    response.flushHeaders();
    response.setTimeout(this.#options.stallMs, () => response.destroy());
    // Whoever breaks off first, the other end is broken off as well: the client must not take a part for the whole.
    try {
      await pipeline(body, response, { end: false });
      response.addTrailers(picked(trailers, returnedTrailers));
      response.end();
    } catch {
      response.destroy();
    }
    return statusCode;
  }

  #unavailable(cause: unknown): AppError {
    const { does, unavailable } = this.#options;
    const message = `the service for ${does} does not answer; wait a moment, then see \`./benchai status\``;
    return new AppError(unavailable, message, { retryAfterS: 2, cause });
  }
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function picked(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  names: readonly string[],
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) kept[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return kept;
}
