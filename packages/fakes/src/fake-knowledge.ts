import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What a fake knowledge service does wrong, slowly or on purpose. Times in ms. */
export type KnowledgeFaults = {
  /** Accepts requests, `/readyz` excepted, and answers nothing. */
  isHung: boolean;
  /** Pause before `/internal/enrich` answers. */
  enrichDelayMs: number;
  /** Answers `/internal/*` with this status. */
  failStatus: number | undefined;
  /** Answers `/internal/enrich` with this instead of `answer`. */
  answerText: string | undefined;
  /** No model reads turns for memories. */
  isWithoutExtraction: boolean;
  /** Not ready, for this reason. */
  problem: string | undefined;
  /** Reads no byte of an upload. */
  isNotReading: boolean;
  /** Refuses an upload before it has read it. */
  isRefusingUploads: boolean;
  /** How many events `GET …/events` sends, of how many bytes, and whether it then breaks off. */
  events: number;
  eventBytes: number;
  isCut: boolean;
};

const noFaults: KnowledgeFaults = {
  isHung: false,
  enrichDelayMs: 0,
  failStatus: undefined,
  answerText: undefined,
  isWithoutExtraction: false,
  problem: undefined,
  isNotReading: false,
  isRefusingUploads: false,
  events: 3,
  eventBytes: 0,
  isCut: false,
};

/** One request as it came in; uploads are recorded by size and hash alone. */
export type KnowledgeRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: number;
  readonly sha256: string;
  readonly json: unknown;
};

export async function startFakeKnowledge(faults: Partial<KnowledgeFaults> = {}): Promise<FakeKnowledge> {
  const fake = new FakeKnowledge(faults);
  await fake.listen();
  return fake;
}

/** A knowledge service that answers what it is told to, with fault switches; it records what it was sent. */
export class FakeKnowledge implements AsyncDisposable {
  readonly faults: KnowledgeFaults;
  readonly requests: KnowledgeRequest[] = [];
  /** What `/internal/enrich` answers. */
  answer: unknown = { block: "", tokens: 0, citations: [], memories: [], notes: [] };
  /** Requests whose client left before the answer was complete. */
  aborted = 0;
  active = 0;
  /** Events written so far. */
  eventsSent = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(faults: Partial<KnowledgeFaults>) {
    this.faults = { ...noFaults, ...faults };
    this.#server = createServer((req, res) => void this.#serve(req, res));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The requests for a path, query left out. */
  to(path: string): readonly KnowledgeRequest[] {
    return this.requests.filter(({ url }) => url.split("?")[0] === path);
  }

  /** Listens, on the same port as before when it was away. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    this.#port = typeof address === "object" && address ? address.port : 0;
  }

  /** Goes away as a killed process does. */
  async leave(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { url = "/", method = "" } = req;
    if (url === "/readyz") return this.#readyz(res);
    this.active += 1;
    res.on("close", () => {
      this.active -= 1;
      if (!res.writableFinished) this.aborted += 1;
    });
    if (this.faults.isRefusingUploads && method === "POST")
      return json(res, 413, { error: { code: "body_too_large" } });
    if (this.faults.isNotReading) return;
    const body = await read(req);
    if (!body) return;
    this.requests.push({ method, url, headers: req.headers, ...body });
    if (!this.faults.isHung) await this.#answer(url, method, body, res);
  }

  async #answer(
    url: string,
    method: string,
    { bytes, sha256 }: Pick<KnowledgeRequest, "bytes" | "sha256">,
    res: ServerResponse,
  ): Promise<void> {
    if (url === "/internal/enrich") return this.#enrich(res);
    if (url === "/internal/turns") return json(res, this.faults.failStatus ?? 202, { status: "ok" });
    if (url.endsWith("/events")) return this.#sendEvents(res);
    json(res, 200, { method, url, bytes, sha256 });
  }

  #readyz(res: ServerResponse): void {
    const { problem, isWithoutExtraction } = this.faults;
    const ready = problem === undefined;
    const reasons = ready ? [] : [problem];
    const features = {
      memory: ready,
      rag: ready,
      obsidian: false,
      extraction: ready && !isWithoutExtraction,
    };
    json(res, ready ? 200 : 503, { ready, reasons, features });
  }

  async #enrich(res: ServerResponse): Promise<void> {
    const { enrichDelayMs, failStatus, answerText } = this.faults;
    if (enrichDelayMs > 0) await delay(enrichDelayMs);
    if (failStatus !== undefined) return json(res, failStatus, { error: { message: "fake failure" } });
    if (answerText === undefined) return json(res, 200, this.answer);
    res.writeHead(200, { "content-type": "application/json" }).end(answerText);
  }

  async #sendEvents(res: ServerResponse): Promise<void> {
    const { events, eventBytes, isCut } = this.faults;
    res.writeHead(200, { "content-type": "text/event-stream", "set-cookie": "a=b", "x-inside": "1" });
    for (let i = 0; i < events && !res.destroyed; i += 1) {
      const isTaken = res.write(`event: job\ndata: ${i} ${"x".repeat(eventBytes)}\n\n`);
      this.eventsSent += 1;
      // A client that has left never drains: the promise goes with the response.
      if (!isTaken) await new Promise((resume) => res.once("drain", resume));
    }
    if (isCut) res.write("event: job\n", () => res.socket?.destroy());
    else if (events < Infinity) res.end();
  }
}

async function read(req: IncomingMessage) {
  const hash = createHash("sha256");
  let bytes = 0;
  let head = "";
  try {
    for await (const part of req) {
      hash.update(part);
      bytes += part.length;
      if (head.length < 1_000_000) head += String(part);
    }
  } catch {
    return undefined; // the client left while it was sending
  }
  return { bytes, sha256: hash.digest("hex"), json: parsed(head) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function json(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(value));
}
