import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import { type AnswerKind, answerKind, llamaError, wholeAnswer } from "./fake-llama-answers.ts";
import { faultsOfRequest, type LlamaFaults, noFaults } from "./fake-llama-faults.ts";
import { FakeStream } from "./fake-llama-stream.ts";

export type FakeLlamaOptions = {
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly alias?: string;
  /** Keys of which one must be sent as bearer; none asks for none. */
  readonly apiKeys?: readonly string[];
  readonly faults?: Partial<LlamaFaults>;
  /** What a crash does; the default closes the server and every connection. */
  readonly onCrash?: () => void;
};

/** One request as it came in. */
export type SeenRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
};

export type LlamaCounters = {
  requests: number;
  /** Requests that are being answered now. */
  active: number;
  done: number;
  /** Requests whose client left before the answer was complete. */
  aborted: number;
  /** When the clients left, in ms of epoch, to the microsecond. */
  abortedAtEpochMs: number[];
  tokens: number;
};

const keptRequests = 50;

/** Starts a fake llama-server in this process; close it with `await using` or `close()`. */
export async function startFakeLlama(options: FakeLlamaOptions = {}): Promise<FakeLlama> {
  const fake = new FakeLlama(options);
  await fake.listen();
  return fake;
}

/** A llama-server that answers made-up text, with fault switches; it records what it was sent. */
export class FakeLlama implements AsyncDisposable {
  readonly counters: LlamaCounters = {
    requests: 0,
    active: 0,
    done: 0,
    aborted: 0,
    abortedAtEpochMs: [],
    tokens: 0,
  };
  /** The last 50 inference requests, oldest first. */
  readonly requests: SeenRequest[] = [];
  faults: LlamaFaults;
  readonly #options: FakeLlamaOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #readyAtMs = 0;

  constructor(options: FakeLlamaOptions) {
    this.#options = options;
    this.faults = { ...noFaults, ...options.faults };
    this.#server = createServer((req, res) => void this.#serve(req, res));
    this.#server.requestTimeout = 0;
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    await delay(this.faults.bindDelayMs);
    this.#readyAtMs = performance.now() + this.faults.loadDelayMs;
    this.#server.listen({ host: this.#options.host ?? "127.0.0.1", port: this.#options.port ?? 0 });
    await once(this.#server, "listening");
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get lastRequest(): SeenRequest | undefined {
    return this.requests.at(-1);
  }

  /** Stops listening and cuts every connection, as the death of the process would. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await readAll(req);
    if (!body) return;
    const path = req.url ?? "/";
    if (path === "/health" || path === "/v1/health") return this.#health(res);
    if (path === "/__requests") return json(res, 200, this.requests.map(shown));
    if (path === "/__counters") return json(res, 200, this.counters);
    if (!this.#isAllowed(req))
      return json(res, 401, llamaError(401, "Invalid API Key", "authentication_error"));
    if (this.#isLoading) return json(res, 503, llamaError(503, "Loading model", "unavailable_error"));
    const kind = answerKind(path);
    if (!kind) return json(res, 404, llamaError(404, "File Not Found", "not_found_error"));
    this.#keep(req, body);
    await this.#answer(kind, body, res);
  }

  get #isLoading(): boolean {
    return performance.now() < this.#readyAtMs;
  }

  #health(res: ServerResponse): void {
    if (this.#isLoading) json(res, 503, llamaError(503, "Loading model", "unavailable_error"));
    else json(res, 200, { status: "ok" });
  }

  #isAllowed(req: IncomingMessage): boolean {
    const keys = this.#options.apiKeys ?? [];
    return keys.length === 0 || keys.some((key) => req.headers.authorization === `Bearer ${key}`);
  }

  #keep(req: IncomingMessage, body: Buffer): void {
    const { method = "", url = "", headers, rawHeaders } = req;
    this.requests.push({ method, url, headers, rawHeaders, body });
    if (this.requests.length > keptRequests) this.requests.shift();
  }

  async #answer(kind: AnswerKind, raw: Buffer, res: ServerResponse): Promise<void> {
    this.#count(res);
    const body = parse(raw);
    if (!body) return json(res, 400, llamaError(400, "invalid JSON", "invalid_request_error"));
    const faults = faultsOfRequest(this.faults, body["user"]);
    if (faults.isHung) return;
    if (faults.failStatus !== undefined)
      return json(
        res,
        faults.failStatus,
        llamaError(faults.failStatus, `fake failure ${faults.failStatus}`, "server_error"),
      );
    const model = typeof body["model"] === "string" ? body["model"] : (this.#options.alias ?? "fake");
    if (faults.firstTokenDelayMs > 0) await delay(faults.firstTokenDelayMs);
    if (res.destroyed) return;
    if (kind === "embedding" || kind === "rerank" || body["stream"] !== true)
      return whole(res, wholeAnswer(kind, model, faults), faults);
    new FakeStream(res, kind, model, faults, {
      onToken: () => void (this.counters.tokens += 1),
      onDone: () => undefined,
      onCrash: () => this.#crash(),
    }).start();
  }

  #count(res: ServerResponse): void {
    this.counters.requests += 1;
    this.counters.active += 1;
    res.on("close", () => {
      this.counters.active -= 1;
      if (res.writableFinished) this.counters.done += 1;
      else this.#countAborted();
    });
  }

  #countAborted(): void {
    this.counters.aborted += 1;
    this.counters.abortedAtEpochMs.push(performance.timeOrigin + performance.now());
  }

  #crash(): void {
    if (this.#options.onCrash) this.#options.onCrash();
    else void this.close();
  }
}

/** Answers whole, or cuts the connection before or in the middle of the body. */
function whole(res: ServerResponse, answer: object, faults: LlamaFaults): void {
  if (faults.cutAfterTokens === undefined) return json(res, 200, answer);
  const text = JSON.stringify(answer);
  if (faults.cutAfterTokens > 0) {
    res.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    });
    res.write(text.slice(0, Math.max(1, text.length - 10)), () => res.socket?.destroy());
  } else res.socket?.destroy();
}

function json(res: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  res.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    server: "llama.cpp",
    "access-control-allow-origin": "*",
  });
  res.end(text);
}

async function readAll(req: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of req) parts.push(part);
  } catch {
    return undefined; // the client left while it was sending
  }
  return Buffer.concat(parts);
}

function parse(raw: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(raw.toString());
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function shown({ method, url, headers, body }: SeenRequest): object {
  return { method, url, headers, body: body.toString(), bodyBase64: body.toString("base64") };
}
