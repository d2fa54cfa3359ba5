import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";

import type { DemandReport } from "@benchai/contract/demand";
import type { ModelView, Snapshot, WorkerEndpoint } from "@benchai/contract/models";
import { commentText, eventStreamHeaders, eventText } from "@benchai/kernel/event-stream";

export type FakeModel = Partial<ModelView> & {
  readonly name: string;
  readonly endpoint?: WorkerEndpoint;
};

/** A controller of the test's own: serves what it is told as snapshots, and keeps the demand it hears. */
export class FakeController implements AsyncDisposable {
  readonly reports: DemandReport[] = [];
  status: Partial<Snapshot["status"]> = {};
  /** Assistants and owners. */
  configured: Pick<Snapshot, "assistants" | "owners"> = {};
  #models: readonly FakeModel[] = [];
  #streams = new Set<ServerResponse>();
  #server: Server | undefined;
  #port = 0;
  #heartbeat: NodeJS.Timeout | undefined;

  static async start(
    models: readonly FakeModel[] = [],
    configured: FakeController["configured"] = {},
  ): Promise<FakeController> {
    const controller = new FakeController();
    controller.#models = models;
    controller.configured = configured;
    await controller.listen();
    return controller;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The newest demand for a model; undefined when the newest report does not name it. */
  demandFor(model: string): DemandReport["models"][string] | undefined {
    return this.reports.at(-1)?.models[model];
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Replaces the models and tells every router. */
  publish(models: readonly FakeModel[]): void {
    this.#models = models;
    for (const stream of this.#streams) stream.write(this.#event());
  }

  /** Sends raw text on every event stream. */
  say(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  /** Listens, on the same port as before when it was away. */
  async listen(): Promise<void> {
    const server = createServer((req, res) => {
      if (req.url === "/events") return this.#open(res);
      const parts: Buffer[] = [];
      req.on("data", (part: Buffer) => parts.push(part));
      req.on("end", () => {
        this.reports.push(JSON.parse(Buffer.concat(parts).toString()) as DemandReport);
        res.writeHead(200).end("{}");
      });
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    this.#port = typeof address === "object" && address ? address.port : 0;
    this.#server = server;
    this.#heartbeat = setInterval(() => this.say(commentText("alive")), 500);
  }

  /** Goes away as a killed process does. */
  async leave(): Promise<void> {
    clearInterval(this.#heartbeat);
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  #open(res: ServerResponse): void {
    this.#streams.add(res);
    res.on("close", () => this.#streams.delete(res));
    res.writeHead(200, eventStreamHeaders);
    res.write(this.#event());
  }

  #event(): string {
    return eventText("snapshot", { ...snapshotOf(this.#models, this.status), ...this.configured });
  }
}

export function snapshotOf(models: readonly FakeModel[], status: Partial<Snapshot["status"]> = {}): Snapshot {
  const endpoints: Record<string, WorkerEndpoint> = {};
  for (const { name, slot = name, endpoint } of models) if (endpoint) endpoints[slot] = endpoint;
  return {
    status: {
      stack: "test",
      role: "leader",
      lookAgeMs: 0,
      engine: { ok: true },
      config: { ok: true },
      models: models.map(modelView),
      ...status,
    },
    endpoints,
  };
}

export function modelView({ endpoint, ...given }: FakeModel): ModelView {
  return {
    aliases: [],
    slot: given.name,
    kind: "chat",
    state: endpoint ? "ready" : "unloaded",
    createdS: 1_700_000_000,
    sizeBytes: 1_000,
    contextTokens: 4_096,
    parallel: 2,
    memoryMiB: 100,
    pinned: false,
    device: { wanted: "cpu", actual: "cpu" },
    failures: 0,
    ...given,
  };
}
