import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export type WritingModel = AsyncDisposable & {
  readonly url: string;
  /** What the next chats are answered with, token by token. */
  tokens: readonly string[];
  tokenEveryMs: number;
  /** Breaks the connection after so many tokens. */
  breakAfter: number;
  /** What the last chat was asked with. */
  readonly asked: { headers: IncomingHttpHeaders; body: Record<string, unknown> }[];
  /** When each token of the last chat left, by `performance.now()`. */
  readonly sentMs: number[];
  /** Chats whose client left before the end. */
  left: number;
};

/** A router with one model, which writes at its own speed. Its model `none` is not found. */
export async function startWritingModel(): Promise<WritingModel> {
  const server = createServer((request, response) => {
    void (async () => {
      if (request.method === "GET") return response.end(JSON.stringify(cardOf(request.url ?? "")));
      const text = (await request.toArray()).join("");
      const body = JSON.parse(text) as Record<string, unknown>;
      model.asked.push({ headers: request.headers, body });
      if (body["model"] === "none") {
        const error = {
          message: "no such model",
          type: "invalid_request_error",
          param: "model",
          code: "model_not_found",
        };
        return response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ error }));
      }
      let isOver = false;
      response.once("close", () => (model.left += isOver ? 0 : 1));
      response.writeHead(200, { "content-type": "text/event-stream" });
      model.sentMs.length = 0;
      const { tokens, breakAfter } = model;
      for (const [i, content] of tokens.entries()) {
        if (i === breakAfter) return response.destroy();
        await delay(model.tokenEveryMs);
        if (response.destroyed) return undefined;
        const choices = [{ index: 0, delta: { content }, finish_reason: null }];
        response.write(
          `data: ${JSON.stringify({ id: "chat-1", object: "chat.completion.chunk", created: 7, model: "m", choices })}\n\n`,
        );
        model.sentMs.push(performance.now());
      }
      isOver = true;
      return response.end("data: [DONE]\n\n");
    })();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const model: WritingModel = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: [],
    tokenEveryMs: 50,
    breakAfter: Infinity,
    asked: [],
    sentMs: [],
    left: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return model;
}

/** Its model `butler` is an assistant with a voice. */
function cardOf(url: string): object {
  const id = url.slice("/v1/models/".length);
  const voice = id === "butler" ? { voice: "en-gb" } : {};
  const benchai = { state: "ready", kind: "assistant", device: "cpu", context_tokens: 1, ...voice };
  return { id, object: "model", created: 0, owned_by: "benchai", benchai };
}
