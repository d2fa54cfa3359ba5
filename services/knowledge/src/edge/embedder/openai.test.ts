import type { ServerResponse } from "node:http";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { embedderConformance } from "../../../test/embedder-conformance.ts";
import {
  dimensions,
  EmbeddingServer,
  type EmbeddingsRequest,
  type Fault,
  type Refusal,
  refuseWhen,
  tooLargeForBatch,
  tooLargeForContext,
} from "../../../test/support/embedding-server.ts";
import { openAiEmbedder } from "./openai.ts";

const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (res) =>
    res.writeHead(code, headers).end("{}");
const body =
  (make: (request: EmbeddingsRequest) => unknown): Fault =>
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

  it("is given up after four attempts, and at once when it is not there or not allowed", async () => {
    const model = await embedder();
    server.faults = Array.from({ length: 4 }, () => status(503));
    await expect(model.embed(["bread"], "query")).rejects.toMatchObject({ code: "embedder_unavailable" });
    server.faults = [status(404)];
    await expect(model.embed(["bread"], "query")).rejects.toThrow(/bag was refused with 404/);
    expect(server.requests).toHaveLength(6);
  });

  it("is at fault itself when it takes no other text either", async () => {
    const model = await embedder();
    server.faults = [status(400), status(400)];
    await expect(model.embed(["bread", "wine"], "query")).rejects.toThrow(/bag was refused with 400/);
    expect(server.requests).toHaveLength(3);
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
    ["no JSON", (res: ServerResponse) => res.end("<html>")],
  ])("is not believed when it gives %s", async (_what, fault) => {
    const model = await embedder();
    server.faults = [fault, fault];
    await expect(model.embed(["bread"], "query")).rejects.toMatchObject({ code: "embedder_unavailable" });
    server.faults = [fault];
    expect(await model.embed(["bread"], "query")).toEqual([
      { refused: expect.stringMatching(/bag (gave|answered)/) },
    ]);
  });

  it("is not believed when it gives other dimensions than before", async () => {
    const model = await embedder();
    server.faults = [body(() => ({ data: [{ index: 0, embedding: [1, 2] }] }))];
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

describe("a model behind /v1/embeddings that refuses some texts", () => {
  let server: EmbeddingServer;
  let baseUrl: string;
  beforeEach(async () => {
    server = new EmbeddingServer();
    baseUrl = await server.listen();
  });
  afterEach(() => server.close());

  const refuse = (isRefused: (text: string) => boolean, refusal: Refusal) => {
    server.faults = Array.from({ length: 500 }, () => refuseWhen(isRefused, refusal));
  };
  const embedder = () => openAiEmbedder({ baseUrl, model: "bag", firstRetryMs: 1 });
  const few = (word: string) => Array.from({ length: 7 }, (_, i) => `${word} ${i}`);

  it.each([
    ["its batch", tooLargeForBatch],
    ["its context", tooLargeForContext],
    ["a service in front of it", [413, "", ""] as const],
    ["OpenAI", [400, "This model's maximum context length is 8192 tokens", "invalid"] as const],
  ])("gets the one that is too long for %s shorter, and the others whole", async (_whose, refusal) => {
    const model = await embedder();
    const asItIs = await model.embed(few("bread"), "document");
    refuse((text) => text.length > 1_000, refusal);
    const texts = [...few("bread"), "wine ".repeat(900)];
    const units = await model.embed(texts, "document");
    expect(units.slice(0, 7)).toEqual(asItIs);
    expect(units[7]).toBeInstanceOf(Float32Array);
    const taken = server.requests.flatMap(({ input }) => (input.length === 1 ? input : []));
    expect(taken.at(-1)).toBe("wine ".repeat(900).trim().slice(0, 563));
    expect(server.requests.length).toBeLessThan(14);
  });

  it("gets no half of a character", async () => {
    const model = await embedder();
    refuse((text) => text.length > 100, tooLargeForBatch);
    await model.embed([`x${"😀".repeat(100)}`], "document");
    expect(server.requests.every(({ input }) => input.every((text) => text.isWellFormed()))).toBe(true);
    expect(server.requests.at(-1)?.input[0]).toMatch(/^x(😀)+$/u);
  });

  it("gives none for one that stays too long, after a bounded number of requests", async () => {
    const model = await embedder();
    refuse((text) => text.includes("wine"), tooLargeForBatch);
    expect(await model.embed(["wine ".repeat(2_000), "bread"], "document")).toEqual([
      { refused: expect.stringMatching(/too long/) },
      expect.any(Float32Array),
    ]);
    expect(server.requests.length).toBeLessThan(16);
  });

  it.each([400, 500])(
    "gives none for one that is refused with %i, and the others get theirs",
    async (code) => {
      const model = await embedder();
      refuse((text) => text.includes("wine"), [code, "no", ""]);
      const units = await model.embed([...few("bread"), "wine"], "document");
      expect(units.slice(0, 7).every((unit) => unit instanceof Float32Array)).toBe(true);
      expect(units[7]).toEqual({ refused: expect.stringContaining(`${code}`) });
    },
  );

  it("gives none when the server goes away meanwhile", async () => {
    const model = await embedder();
    refuse(() => true, tooLargeForBatch);
    server.faults = server.faults.slice(0, 1).concat(Array.from({ length: 4 }, () => status(503)));
    await expect(model.embed(few("bread"), "document")).rejects.toThrow(/refused with 503/);
  });
});
