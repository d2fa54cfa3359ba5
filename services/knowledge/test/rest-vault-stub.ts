import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";

import {
  failure,
  noAnswer,
  type PluginOptions,
  type StubAnswer,
  StubPlugin,
} from "./rest-vault-stub-plugin.ts";
import type { Certificate } from "./self-signed.ts";

/** What goes wrong with a request. `cut-after` does what was asked for, and then the line is dead. */
export type Fault = {
  readonly kind:
    | "hang"
    | "error"
    | "missing"
    | "forbidden"
    | "disk-full"
    | "cut"
    | "cut-after"
    | "half"
    | "redirect"
    | "garbage"
    | "endless"
    | "misplace";
  /** Such as `PUT /vault/a.md`; a prefix is enough. */
  readonly on: string;
  /** How many requests it lets pass before. */
  after?: number;
  /** How many requests it hits; all when it is not said. */
  times?: number;
};

export type StubOptions = PluginOptions & {
  /** Plain HTTP without one. */
  readonly certificate?: Certificate | undefined;
  /** What is presented after the certificate itself. */
  readonly chain?: readonly Certificate[];
};

/** The plugin's server: everything between a socket and `StubPlugin`, and what can go wrong there. */
export class RestVaultStub {
  readonly requests: string[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  readonly faults: Fault[] = [];
  readonly plugin: StubPlugin;
  /** Where the fault `redirect` leads. */
  redirectTo = "http://127.0.0.1:1/elsewhere";
  /** Called with `METHOD path` before a request is looked at. */
  before: (request: string) => void = () => undefined;
  readonly #options: StubOptions;
  readonly #server: http.Server | https.Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: StubOptions) {
    this.#options = options;
    this.plugin = new StubPlugin(options);
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.#handle(request, response);
    const { certificate, chain = [] } = options;
    this.#server = certificate
      ? https.createServer(
          { key: certificate.key, cert: [certificate, ...chain].map(({ cert }) => cert).join("") },
          listener,
        )
      : http.createServer(listener);
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    const { port: given } = this.#server.address() as AddressInfo;
    return `${this.#options.certificate ? "https" : "http"}://127.0.0.1:${given}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    incoming.on("error", () => undefined);
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? "/", "http://stub");
    const { method = "", headers } = incoming;
    const name = `${method} ${decodeURIComponent(url.pathname)}`;
    this.requests.push(name);
    this.headers.push(headers);
    this.before(name);
    const fault = this.#takeFault(name);
    if (fault && this.#fail(fault, incoming, response)) return;
    const path = decodeURIComponent(url.pathname).replace(/^\/vault\//u, "");
    const answer = this.plugin.answer(
      { method, path, url, headers, body: Buffer.concat(chunks) },
      fault?.kind === "misplace",
    );
    if (answer === noAnswer) return;
    if (fault?.kind === "cut-after") incoming.socket.destroy();
    else send(response, answer, fault);
  }

  #takeFault(name: string): Fault | undefined {
    const fault = this.faults.find(({ on, times = 1 }) => name.startsWith(on) && times > 0);
    if (fault?.after !== undefined && fault.after > 0) {
      fault.after -= 1;
      return undefined;
    }
    if (fault?.times !== undefined) fault.times -= 1;
    return fault;
  }

  /** Whether the fault was all of the answer. */
  #fail({ kind }: Fault, incoming: IncomingMessage, response: ServerResponse): boolean {
    switch (kind) {
      case "hang":
        return true;
      case "cut":
        incoming.socket.destroy();
        return true;
      case "error":
        send(response, failure(500, "Something broke inside"));
        return true;
      case "missing":
        send(response, failure(404, "Not Found"));
        return true;
      case "forbidden":
        send(response, failure(40321, "The path is inside the configuration directory"));
        return true;
      case "disk-full":
        send(response, failure(500, "ENOSPC: no space left on device, write"));
        return true;
      case "redirect":
        response.writeHead(302, { location: this.redirectTo }).end();
        return true;
      case "garbage":
        response.writeHead(200, { "content-type": "application/json" }).end("<html>proxy says hello</html>");
        return true;
      case "endless":
        response.writeHead(200, { "content-type": "text/markdown" });
        pour(response);
        return true;
      case "cut-after":
      case "half":
      case "misplace":
        return false;
      default:
        return kind satisfies never;
    }
  }
}

function send(response: ServerResponse, { status, headers, body }: StubAnswer, fault?: Fault): void {
  response.writeHead(status, { ...headers, "content-length": body.length });
  if (fault?.kind !== "half") response.end(body);
  else response.write(body.subarray(0, body.length / 2), () => response.socket?.end());
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(1 << 20, "x");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  response.on("error", () => undefined);
  more();
}
