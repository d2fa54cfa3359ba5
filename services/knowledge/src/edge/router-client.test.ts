import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { RouterClient } from "./router-client.ts";

describe("what knowledge asks of the router", () => {
  let server: Server;
  let client: RouterClient;
  let asked: { url: string | undefined; body: unknown };
  let answer: { status: number; body: string };

  beforeEach(async () => {
    server = createServer((request, response) => void reply(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    client = new RouterClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const reply = async (request: IncomingMessage, response: ServerResponse) => {
    asked = { url: request.url, body: JSON.parse((await text(request)) || "null") };
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  };
  const signal = () => AbortSignal.timeout(5_000);

  it("asks for an answer that follows a schema", async () => {
    answer = { status: 200, body: JSON.stringify({ choices: [{ message: { content: "{}" } }] }) };
    const schema = Type.Object({});
    expect(await client.complete("m", [{ role: "user", content: "hi" }], schema, signal())).toBe("{}");
    expect(asked).toMatchObject({
      url: "/v1/chat/completions",
      body: { model: "m", temperature: 0, response_format: { type: "json_schema" } },
    });
  });

  it("gives scores in the order of the documents, whatever order they come in", async () => {
    const results = [
      { index: 1, relevance_score: 3 },
      { index: 0, relevance_score: -1 },
    ];
    answer = { status: 200, body: JSON.stringify({ results }) };
    expect(await client.rerank("r", "q", ["a", "b", "c"], signal())).toEqual([
      -1,
      3,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  it("asks for how long nobody has chatted, and takes a router that is down for no answer", async () => {
    answer = { status: 200, body: JSON.stringify({ status: "ok", chats: { open: 0, quietMs: 12.5 } }) };
    expect(await client.quietMs(signal())).toBe(12.5);
    expect(asked.url).toBe("/health");
    answer = { status: 503, body: answer.body };
    await expect(client.quietMs(signal())).rejects.toThrow("the router answered /health with 503");
  });

  it("tells a text that is too long for the model from other refusals", async () => {
    const message =
      "input (602 tokens) is too large to process. increase the physical batch size (current batch size: 512)";
    answer = { status: 500, body: JSON.stringify({ error: { message } }) };
    await expect(client.rerank("r", "q", ["a"], signal())).rejects.toMatchObject({ code: "body_too_large" });
    answer = { status: 500, body: JSON.stringify({ error: { message: "no" } }) };
    await expect(client.rerank("r", "q", ["a"], signal())).rejects.toMatchObject({ code: "upstream_failed" });
  });

  it.each([
    [503, "{}", "with 503"],
    [200, '{"results":7}', "in a form that is not known"],
    [200, "<html>", "in a form that is not known"],
  ])("says what the router answered: %i %s", async (status, body, why) => {
    answer = { status, body };
    await expect(client.rerank("r", "q", ["a"], signal())).rejects.toThrow(
      `the router answered /v1/rerank ${why}`,
    );
  });
});
