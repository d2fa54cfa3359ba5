import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { type EngineEvent, FakeContainers, Refusal } from "./fake-docker-containers.ts";
import {
  eventJson,
  hasLabels,
  inspectJson,
  listJson,
  logBytes,
  passes,
  readFilters,
} from "./fake-docker-wire.ts";

/** The Engine API's calls that the controller makes. */
export type DockerCall =
  | "version"
  | "info"
  | "list"
  | "inspect"
  | "create"
  | "start"
  | "stop"
  | "remove"
  | "logs"
  | "events"
  | "pull";
export type SeenCall = {
  readonly call: DockerCall;
  /** The container, by name where it has one, or the image. */
  readonly on: string;
  /** Who asked: the `x-fake-client` header. */
  readonly client: string;
};
const mutations: ReadonlySet<DockerCall> = new Set(["create", "start", "stop", "remove"]);

/** A pull's progress events, one JSON object each; one with `error` ends it as failed. */
type PullEvent = Readonly<Record<string, unknown>>;
type Request = {
  readonly call: DockerCall;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly client: string;
  readonly body: string;
};
type Fault = { readonly call: DockerCall; readonly status: number; readonly message: string };
type Hold = { readonly call: DockerCall; readonly key: string; readonly until: Promise<void> };

const json = { "content-type": "application/json" };

/**
 * A Docker Engine API over HTTP in this process: containers, names, labels, health, events, logs and pulls, and
 * faults on demand. Containers are only records; nothing runs.
 */
export class FakeDocker {
  readonly containers = new FakeContainers((event) => this.#emit(event));
  /** Every call in the order of its arrival. */
  readonly calls: SeenCall[] = [];
  /** What can be pulled, and how that goes. */
  readonly registry = new Map<string, readonly PullEvent[]>();
  /** `GET /info` and, for the container that asks about itself, its mounts. */
  info: Readonly<Record<string, unknown>> = { MemTotal: 16 * 2 ** 30, Runtimes: { runc: {} } };
  apiVersion = "1.51";
  self: { readonly hostname: string; readonly mounts: readonly object[] } | undefined;
  readonly #faults: Fault[] = [];
  readonly #holds = new Set<Hold>();
  readonly #latencyMs = new Map<DockerCall, number>();
  readonly #frozen = new Map<string, { left: number; readonly isLastDone: boolean }>();
  readonly #watchers = new Map<ServerResponse, (event: EngineEvent) => boolean>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #addresses = new Map<string, string>();
  #isAway = false;

  /** Listens on a free TCP port of the loopback interface, or on a unix socket. */
  async listen(socketPath?: string): Promise<{ readonly port: number }> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (socketPath === undefined) this.#server.listen(0, "127.0.0.1", resolve);
    else this.#server.listen(socketPath, resolve);
    await promise;
    const at = this.#server.address();
    return { port: typeof at === "object" && at ? at.port : 0 };
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  /** The calls that change something, such as `create stack-worker-a`. */
  get mutations(): string[] {
    return this.calls.filter((c) => mutations.has(c.call)).map((c) => `${c.call} ${c.on}`);
  }

  /** The next call of this kind is answered with this error, and does nothing. */
  failNext(call: DockerCall, status: number, message = `status ${status}`): void {
    this.#faults.push({ call, status, message });
  }

  /** Every call of this kind takes so much longer, in ms. */
  delay(call: DockerCall, ms: number): void {
    this.#latencyMs.set(call, ms);
  }

  /** Calls of this kind on this container, by name or id, are not done until the returned function is called. */
  hold(call: DockerCall, key: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const hold = { call, key, until: promise };
    this.#holds.add(hold);
    return () => {
      this.#holds.delete(hold);
      resolve();
    };
  }

  /** No engine any more: connections break, new ones as well; containers stay as they are. */
  goAway(): void {
    this.#isAway = true;
    this.#server.closeAllConnections();
  }

  comeBack(): void {
    this.#isAway = false;
  }

  /** Ends the event streams, as a restarted engine or a proxy does. */
  dropEvents(): void {
    for (const response of this.#watchers.keys()) response.destroy();
  }

  /** After so many more calls of this client none does anything; the last is answered or only done. */
  freeze(client: string, afterCalls: number, isLastDone: boolean): void {
    this.#frozen.set(client, { left: afterCalls, isLastDone });
  }

  isFrozen(client: string): boolean {
    return (this.#frozen.get(client)?.left ?? 1) < 0;
  }

  #emit(event: EngineEvent): void {
    for (const [response, isWanted] of this.#watchers)
      if (isWanted(event)) response.write(`${JSON.stringify(eventJson(event))}\n`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await parse(request).catch(() => undefined);
    if (!asked) return void response.writeHead(404, json).end('{"message":"page not found"}');
    if (this.#isAway || this.#isCutOff(asked.client)) return void response.destroy();
    const on = this.#nameOf(asked);
    this.calls.push({ call: asked.call, on, client: asked.client });
    await wait(this.#latencyMs.get(asked.call) ?? 0);
    const isHeld = (h: Hold) => h.call === asked.call && (h.key === asked.key || h.key === on);
    await [...this.#holds].find(isHeld)?.until;
    try {
      this.#refuse(asked.call);
      const answer = this.#answer(asked, response);
      if (this.isFrozen(asked.client)) response.destroy();
      else if (answer) response.writeHead(answer.status, json).end(answer.body);
    } catch (error) {
      const { status, message } = error instanceof Refusal ? error : new Refusal(500, String(error));
      response.writeHead(status, json).end(status === 304 ? "" : JSON.stringify({ message }));
    }
  }

  /** Counts the calls of a client that is to be frozen, and says whether this one comes too late. */
  #isCutOff(client: string): boolean {
    const frozen = this.#frozen.get(client);
    if (!frozen) return false;
    frozen.left--;
    // The last call is done and its answer lost: the process died in between.
    return frozen.left < (frozen.isLastDone ? -1 : 0);
  }

  #refuse(call: DockerCall): void {
    const i = this.#faults.findIndex((f) => f.call === call);
    const [fault] = i < 0 ? [] : this.#faults.splice(i, 1);
    if (fault) throw new Refusal(fault.status, fault.message);
  }

  #nameOf({ call, key, query }: Request): string {
    if (call === "pull") return query.get("fromImage") ?? "";
    return this.containers.list().find((c) => c.id === key)?.name ?? key;
  }

  /** What to send, after the change was made; undefined when the response is a stream of its own. */
  #answer(asked: Request, response: ServerResponse) {
    const { call, key, query } = asked;
    const { containers } = this;
    switch (call) {
      case "version":
        return ok({ Version: "28.5.2", ApiVersion: this.apiVersion });
      case "info":
        return ok(this.info);
      case "list": {
        const { label } = readFilters(query.get("filters"));
        return ok(containers.list().filter((c) => hasLabels(c, label)).map(listJson)); // prettier-ignore
      }
      case "inspect":
        return ok(this.#inspect(key));
      case "create":
        return ok({ Id: containers.create(key, JSON.parse(asked.body)).id, Warnings: [] }, 201);
      case "start":
        containers.start(key);
        return done;
      case "stop":
        containers.stop(key);
        return done;
      case "remove":
        containers.remove(key, query.get("force") === "true");
        return done;
      case "logs":
        return this.#logs(key, response);
      case "events":
        return this.#watch(query, response);
      case "pull":
        return this.#pull(query, response);
      default:
        throw new Refusal(404, `page not found: ${String(call satisfies never)}`);
    }
  }

  #inspect(key: string): object {
    const { self } = this;
    if (self && key === self.hostname) return { Id: key, Mounts: self.mounts };
    const found = this.containers.find(key);
    const address = this.#addresses.get(found.id) ?? `10.0.0.${this.#addresses.size + 2}`;
    this.#addresses.set(found.id, address);
    return inspectJson(found, address);
  }

  #logs(key: string, response: ServerResponse): undefined {
    const bytes = logBytes(this.containers.find(key).log);
    response.writeHead(200).end(bytes);
  }

  #watch(query: URLSearchParams, response: ServerResponse): undefined {
    const filters = readFilters(query.get("filters"));
    response.writeHead(200, json);
    response.flushHeaders();
    this.#watchers.set(response, (event) => passes(event, filters));
    response.on("close", () => this.#watchers.delete(response));
  }

  #pull(query: URLSearchParams, response: ServerResponse): undefined {
    const image = [query.get("fromImage"), query.get("tag")].filter(Boolean).join(":");
    const events = this.registry.get(image);
    if (!events) throw new Refusal(404, `manifest for ${image} not found: manifest unknown`);
    response.writeHead(200, json);
    for (const event of events) response.write(`${JSON.stringify(event)}\r\n`);
    if (!events.some((e) => "error" in e)) this.containers.images.add(image);
    response.end();
  }
}

function ok(body: unknown, status = 200) {
  return { status, body: JSON.stringify(body) };
}

const done = { status: 204, body: "" };

const routes: readonly (readonly [call: DockerCall, method: string, path: RegExp])[] = [
  ["version", "GET", /^\/version$/],
  ["info", "GET", /^\/info$/],
  ["events", "GET", /^\/events$/],
  ["list", "GET", /^\/containers\/json$/],
  ["create", "POST", /^\/containers\/create$/],
  ["pull", "POST", /^\/images\/create$/],
  ["inspect", "GET", /^\/containers\/([^/]+)\/json$/],
  ["logs", "GET", /^\/containers\/([^/]+)\/logs$/],
  ["start", "POST", /^\/containers\/([^/]+)\/start$/],
  ["stop", "POST", /^\/containers\/([^/]+)\/stop$/],
  ["remove", "DELETE", /^\/containers\/([^/]+)$/],
];

async function parse(request: IncomingMessage): Promise<Request | undefined> {
  const { pathname, searchParams: query } = new URL(request.url ?? "", "http://engine");
  const path = pathname.replace(/^\/v\d+\.\d+/, "");
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  for (const [call, method, pattern] of routes) {
    const match = request.method === method ? pattern.exec(path) : null;
    if (!match) continue;
    const key = decodeURIComponent(match[1] ?? query.get("name") ?? "");
    const client = String(request.headers["x-fake-client"] ?? "");
    return { call, key, query, client, body: Buffer.concat(chunks).toString() };
  }
  return undefined;
}

async function wait(ms: number): Promise<void> {
  if (ms === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  await promise;
}
