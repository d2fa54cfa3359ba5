import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { embedderConformance } from "../../../test/embedder-conformance.ts";
import { openAiEmbedder } from "./openai.ts";

const dimensions = 64;

type Request = { readonly model: string; readonly input: readonly string[] };

/** A bag of words, hashed: enough for texts with the same words to lie near each other. Not of length one. */
function bagOfWords(text: string): number[] {
  const vector = Array.from({ length: dimensions }, () => 0.01);
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    const hash = Array.from(word.slice(0, 4)).reduce(
      (sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) % dimensions,
      7,
    );
    vector[hash] = (vector[hash] ?? 0) + 3;
  }
  return vector;
}

/** Answers backwards, so that only `index` tells the order. */
function answerTo({ input }: Request): { data: { index: number; embedding: number[] | null[] }[] } {
  return { data: input.map((text, index) => ({ index, embedding: bagOfWords(text) })).toReversed() };
}

/** What the server does to its next requests instead of answering. */
type Fault = (response: ServerResponse, request: Request) => void;

class EmbeddingServer {
  readonly requests: (Request & { readonly authorization: string | undefined })[] = [];
  faults: Fault[] = [];
  readonly #server: Server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const request = JSON.parse(Buffer.concat(chunks).toString()) as Request;
      this.requests.push({ ...request, authorization: req.headers.authorization });
      const fault = this.faults.shift();
      if (fault) fault(res, request);
      else res.end(JSON.stringify(answerTo(request)));
    });
  });

  async listen(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (res) =>
    res.writeHead(code, headers).end("{}");
const body =
  (make: (request: Request) => unknown): Fault =>
  (res, request) =>
    res.end(JSON.stringify(make(request)));

describe("a model behind /v1/embeddings", () => {
  const server = new EmbeddingServer();
  embedderConformance(async () => openAiEmbedder({ baseUrl: await server.listen(), model: "bag" }));
});

describe("a model behind /v1/embeddings that fails", () => {
  let server: EmbeddingServer;
  let baseUrl: string;
  beforeEach(async () => {
    server = new EmbeddingServer();
    baseUrl = await server.listen();
  });
  afterEach(() => server.close());
  const embedder = (timeoutMs = 5_000) =>
    openAiEmbedder({
      baseUrl: `${baseUrl}/`,
      model: "bag",
      headers: { authorization: "Bearer k" },
      timeoutMs,
      firstRetryMs: 5,
    });

  it("is asked again after 429, 503 and a cut connection", async () => {
    const model = await embedder();
    server.faults = [status(429, { "retry-after": "0" }), status(503), (res) => res.destroy()];
    expect(await model.embed(["bread"], "query")).toHaveLength(1);
    expect(server.requests).toHaveLength(5);
  });

  it("is given up after four attempts, and at once when it refuses the request itself", async () => {
    const model = await embedder();
    server.faults = Array.from({ length: 4 }, () => status(500));
    await expect(model.embed(["bread"], "query")).rejects.toMatchObject({ code: "embedder_unavailable" });
    server.faults = [status(400)];
    await expect(model.embed(["bread"], "query")).rejects.toThrow(/bag was refused with 400/);
    expect(server.requests).toHaveLength(6);
  });

  it("is not waited for longer than the timeout", async () => {
    const model = await embedder(40);
    server.faults = Array.from({ length: 4 }, () => () => undefined);
    await expect(model.embed(["bread"], "query")).rejects.toThrow(/did not answer within 40 ms/);
  });

  it.each([
    ["a vector too few", body(() => ({ data: [] }))],
    ["zeros", body(() => ({ data: [{ index: 0, embedding: Array.from({ length: dimensions }, () => 0) }] }))],
    ["what is no number", body(() => ({ data: [{ index: 0, embedding: [null] }] }))],
    ["other dimensions than before", body(() => ({ data: [{ index: 0, embedding: [1, 2] }] }))],
    ["no JSON", (res: ServerResponse) => res.end("<html>")],
  ])("is refused when it gives %s", async (_what, fault) => {
    const model = await embedder();
    server.faults = [fault];
    await expect(model.embed(["bread"], "query")).rejects.toMatchObject({ code: "embedder_unavailable" });
  });

  it("is asked in batches, with the key, the model's name and its prefixes", async () => {
    const prefixes = { query: "query: ", document: "passage: " };
    const model = await openAiEmbedder({
      baseUrl,
      model: "e5",
      headers: { authorization: "Bearer k" },
      prefixes,
    });
    await model.embed(
      Array.from({ length: 40 }, (_, i) => `text ${i}`),
      "document",
    );
    expect(server.requests.map((r) => r.input.length)).toEqual([1, 16, 16, 8]);
    expect(server.requests.at(-1)).toMatchObject({ model: "e5", authorization: "Bearer k" });
    expect(server.requests.at(-1)?.input[0]).toBe("passage: text 32");
    expect(model.fingerprint).not.toBe((await embedder()).fingerprint);
  });
});
