import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import { type FakeLlama, type FakeLlamaOptions, startFakeLlama } from "@benchai/fakes/fake-llama";
import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";

import { RouterConfig } from "../src/edge/config.ts";
import { type Router, startRouter } from "../src/router.ts";
import { FakeController, type FakeModel } from "./fake-controller.ts";

export const silentLog = createLogger("router", "silent");
export const workerKey = "worker-key";

/** A real router between a fake controller and a fake worker, all on loopback. */
export class Stack implements AsyncDisposable {
  readonly controller: FakeController;
  readonly llama: FakeLlama;
  readonly router: Router;
  readonly #extra: AsyncDisposable[] = [];

  constructor(controller: FakeController, llama: FakeLlama, router: Router) {
    this.controller = controller;
    this.llama = llama;
    this.router = router;
  }

  get port(): number {
    return this.router.port;
  }

  /** Adds another worker, closed with the stack. */
  async addLlama(options: FakeLlamaOptions = {}): Promise<FakeLlama> {
    const llama = await startFakeLlama({ apiKeys: [workerKey], ...options });
    this.#extra.push(llama);
    return llama;
  }

  async get(path: string): Promise<Answer> {
    return send(this.port, { method: "GET", path });
  }

  async post(path: string, body: unknown): Promise<Answer> {
    return send(this.port, { path, body: typeof body === "string" ? body : JSON.stringify(body) });
  }

  async chat(fields: Record<string, unknown> = {}): Promise<Answer> {
    return this.post("/v1/chat/completions", chatBody(fields));
  }

  /** Opens a chat and returns as soon as its headers are there. */
  open(fields: Record<string, unknown> = {}): Promise<OpenAnswer> {
    return open(this.port, {
      path: "/v1/chat/completions",
      body: JSON.stringify(chatBody(fields)),
    });
  }

  /** A figure of `/metrics`, by name and labels as written there; 0 while it is not there. */
  async metric(series: string): Promise<number> {
    const { text } = await this.get("/metrics");
    const line = text.split("\n").find((l) => l.startsWith(`${series} `));
    return Number(line?.slice(series.length) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controller.leave();
    await this.router.close();
    for (const extra of [this.llama, ...this.#extra]) await extra[Symbol.asyncDispose]();
  }
}

export type StackOptions = {
  readonly env?: Record<string, string>;
  readonly llama?: FakeLlamaOptions;
  /** The models to publish first; the default is one ready model `m` at the fake worker. */
  /** Assistants and owners to publish. */
  readonly configured?: FakeController["configured"];
  readonly models?: (readyModel: (generation: string, name?: string) => FakeModel) => readonly FakeModel[];
};

/** Starts the stack and waits until the router has its first snapshot. */
export async function startStack({
  env = {},
  llama: llamaOptions,
  models,
  configured,
}: StackOptions = {}): Promise<Stack> {
  const llama = await startFakeLlama({ apiKeys: [workerKey], ...llamaOptions });
  const readyModel = (generation: string, name = "m") => modelAt(llama, generation, name);
  const controller = await FakeController.start(models ? models(readyModel) : [readyModel("g1")], configured);
  const router = await startRouter(testConfig(controller.url, env), silentLog);
  const stack = new Stack(controller, llama, router);
  await eventually(async () => (await stack.get("/health")).status === 200);
  return stack;
}

export function testConfig(controllerUrl: string, env: Record<string, string> = {}): RouterConfig {
  const fixed = {
    PORT: "0",
    HOST: "127.0.0.1",
    CONTROLLER_URL: controllerUrl,
    KNOWLEDGE_URL: "",
    SPEECH_URL: "",
    DRAIN_MS: "300",
  };
  return readConfig(RouterConfig, { ...fixed, ...env });
}

export function modelAt(llama: FakeLlama, generation: string, name = "m"): FakeModel {
  return { name, endpoint: { generation, url: llama.url, apiKey: workerKey } };
}

export function chatBody(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "m", messages: [{ role: "user", content: "hi" }], ...fields };
}

export type Ask = {
  readonly method?: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether the connection broke before the answer was complete. */
  readonly isBroken: boolean;
  json(): AnswerBody;
};

/** What the router's bodies hold, all in one: each test knows which it asked for. */
type AnswerBody = {
  readonly error?: { code: string; message: string; type: string; param: string | null };
  readonly id: string;
  readonly choices: readonly { message: { content: string } }[];
  readonly data: readonly { id: string; benchai: object }[];
  readonly status: string;
  readonly features: { streaming: boolean };
  readonly controller: { connected: boolean; role: string; seenAgeMs: number | null };
  readonly reasons: readonly string[];
  readonly chats: { open: number; quietMs: number };
  readonly docs: string;
};

export type OpenAnswer = {
  readonly response: IncomingMessage;
  /** Everything received so far. */
  readonly text: () => string;
  /** Leaves, as a client does that closes its connection. */
  leave(): void;
  readonly ended: Promise<Answer>;
};

export async function send(port: number, ask: Ask): Promise<Answer> {
  return (await open(port, ask)).ended;
}

/** Sends a request on a connection of its own; resolves with the head of the answer. */
export function open(port: number, ask: Ask): Promise<OpenAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenAnswer>();
  const request = ask.body === undefined ? startRequest(port, ask) : startRequest(port, ask, ask.body);
  request.on("error", reject);
  request.on("response", (response) => {
    const parts: Buffer[] = [];
    const text = () => Buffer.concat(parts).toString();
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("error", () => undefined);
    const ended = new Promise<Answer>((done) => {
      response.on("close", () => {
        const answer = {
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: text(),
        };
        done({
          ...answer,
          isBroken: !response.complete,
          json: () => JSON.parse(answer.text) as never,
        });
      });
    });
    resolve({ response, text, leave: () => request.destroy(), ended });
  });
  return promise;
}

/** Sends a request and gives its connection back before any answer. */
export function startRequest(port: number, ask: Ask, body?: string | Buffer) {
  const headers = { "content-type": "application/json", ...ask.headers };
  const request = httpRequest({
    host: "127.0.0.1",
    port,
    method: ask.method ?? "POST",
    path: ask.path,
    headers,
    agent: false,
  });
  request.end(body);
  return request;
}

/** The data of each event of a stream, in order; comments are left out. */
export function dataOf(text: string): string[] {
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("data: "))
    .map((block) => block.slice("data: ".length));
}

export function commentsOf(text: string): string[] {
  return text.split("\n\n").filter((block) => block.startsWith(": "));
}

/** Waits until something holds; fails loudly after `deadlineMs`. */
export async function eventually(holds: () => boolean | Promise<boolean>, deadlineMs = 5_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`did not come true within ${deadlineMs} ms: ${holds.toString()}`);
    await delay(2);
  }
}

/** Sends bytes as they are and returns everything that comes back until the other end closes. */
export async function sendRaw(port: number, bytes: string | Buffer, deadlineMs = 5_000): Promise<string> {
  const socket: Socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (part: Buffer) => (text += part.toString("latin1")));
  socket.on("error", () => undefined);
  socket.write(bytes);
  const closed = new Promise<boolean>((resolve) => socket.on("close", () => resolve(true)));
  const isClosed = await Promise.race([closed, delay(deadlineMs, false)]);
  socket.destroy();
  if (!isClosed) throw new Error(`the connection stayed open; received: ${text.slice(0, 200)}`);
  return text;
}
