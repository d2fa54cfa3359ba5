import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";

import { expect, test } from "vitest";

import { sha256, startKnowledgeStack } from "./knowledge-stack.ts";
import { eventually, open, send, sendRaw, startRequest, startStack } from "./stack.ts";

test.each([
  ["GET", "/v1/memory/search?q=a%20b"],
  ["POST", "/v1/memory/add"],
  ["PATCH", "/v1/memory/17"],
  ["DELETE", "/v1/files/%C3%BCber%20uns.pdf"],
  ["PUT", "/v1/rag/collections/a"],
  ["POST", "/mcp"],
  ["OPTIONS", "/v1/jobs"],
])("%s %s reaches knowledge as it is written", async (method, path) => {
  await using all = await startKnowledgeStack();
  const body = method.startsWith("P") ? { body: "{}" } : {};
  const answer = await send(all.stack.port, { method, path, ...body });
  expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { method, url: path }]);
});

test("B8: a fixed set of headers goes on, the owner by the key and never by the client's own header, and few come back", async () => {
  const owners = [{ name: "anna", keys: [sha256("key-a")] }];
  await using all = await startKnowledgeStack({ configured: { owners } });
  const headers = {
    authorization: "Bearer key-a",
    "x-benchai-owner": "ben",
    "x-request-id": "mine",
    cookie: "c=1",
    "x-other": "1",
    "mcp-session-id": "s",
    "if-match": '"e"',
    "content-type": "text/markdown",
  };
  const answer = await send(all.stack.port, { path: "/v1/rag/documents", body: "# a", headers });
  const [seen] = all.knowledge.requests;
  const { host: _host, connection: _connection, ...kept } = seen?.headers ?? {};
  expect(kept).toEqual({
    "content-type": "text/markdown",
    "content-length": "3",
    "mcp-session-id": "s",
    "if-match": '"e"',
    "x-benchai-owner": "anna",
    "x-request-id": answer.headers["x-request-id"],
  });
  const events = await send(all.stack.port, { method: "GET", path: "/v1/jobs/1/events" });
  expect(events.headers["set-cookie"] ?? events.headers["x-inside"]).toBeUndefined();
  expect(events.headers["content-type"]).toBe("text/event-stream");
});

test.each([
  "/v1/memory/../../internal/enrich",
  "/v1/memory/%2e%2e/%2e%2e/internal/turns",
  "/v1/%6demory/stats",
  "/v1/rag//documents",
  "/v1/files/a%2fb",
  "/v1/files/a%5cb",
  "/v1/jobs/%00",
])("B2: %s is refused and knowledge never sees it", async (path) => {
  await using all = await startKnowledgeStack();
  const text = await sendRaw(all.stack.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(all.knowledge.requests).toEqual([]);
});

test.each([
  "/internal/enrich",
  "/internal/turns",
  "/readyz/../internal/turns",
  "/v1/memory",
  "/mcp/x",
  "/V1/memory/x",
  "/v1/obsidian",
  "/v1/obsidianx/y",
])("B2: %s is no route of ours", async (path) => {
  await using all = await startKnowledgeStack();
  const text = await sendRaw(
    all.stack.port,
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 404 /);
  expect(all.knowledge.requests).toEqual([]);
});

test("an upload of 64 MiB without a length goes through whole", async () => {
  await using all = await startKnowledgeStack();
  const piece = Buffer.alloc(1_048_576, "ab");
  const hash = createHash("sha256");
  const request = httpRequest({ host: "127.0.0.1", port: all.stack.port, method: "POST", path: "/v1/files" });
  for (let i = 0; i < 64; i += 1) {
    hash.update(piece);
    if (!request.write(piece)) await once(request, "drain");
  }
  request.end();
  const [response] = await once(request, "response");
  const text = (await response.toArray()).join("");
  expect(JSON.parse(text)).toMatchObject({ bytes: 64 * 1_048_576, sha256: hash.digest("hex") });
});

test("an upload stands still when knowledge does not read, instead of growing the router", async () => {
  await using all = await startKnowledgeStack({ faults: { isNotReading: true } });
  const request = httpRequest({ host: "127.0.0.1", port: all.stack.port, method: "POST", path: "/v1/files" });
  request.on("error", () => undefined);
  const piece = Buffer.alloc(1_048_576);
  let taken = 0;
  while (taken < 60) {
    taken += 1;
    if (request.write(piece)) continue;
    const isDrained = await Promise.race([
      once(request, "drain"),
      new Promise((done) => setTimeout(done, 300, "still")),
    ]);
    if (isDrained === "still") break;
  }
  expect(taken).toBeLessThan(30);
  request.destroy();
});

test("a client that leaves in the middle of its upload ends it at knowledge as well", async () => {
  await using all = await startKnowledgeStack();
  const request = httpRequest({ host: "127.0.0.1", port: all.stack.port, method: "POST", path: "/v1/files" });
  request.on("error", () => undefined);
  request.write(Buffer.alloc(100_000));
  await eventually(() => all.knowledge.active === 1);
  request.destroy();
  await eventually(() => all.knowledge.aborted === 1);
  expect(all.knowledge.requests).toEqual([]);
});

test("an upload beyond the limit is 413, announced or not, and the client hears it", async () => {
  await using all = await startKnowledgeStack({ env: { UPLOAD_LIMIT_BYTES: "100000" } });
  const body = Buffer.alloc(3_000_000);
  for (const headers of [{}, { "transfer-encoding": "chunked" }] as Record<string, string>[]) {
    const answer = await send(all.stack.port, { path: "/v1/files", body, headers });
    expect([answer.status, answer.json().error?.code]).toEqual([413, "body_too_large"]);
  }
  expect((await send(all.stack.port, { path: "/v1/files", body: body.subarray(0, 99_000) })).status).toBe(
    200,
  );
});

test("an upload that knowledge refuses at once gets the refusal", async () => {
  await using all = await startKnowledgeStack({ faults: { isRefusingUploads: true } });
  const answer = await send(all.stack.port, { path: "/v1/files", body: Buffer.alloc(5_000_000) });
  expect(answer.status).toBe(413);
});

test("events arrive one by one, and a client that leaves ends them", async () => {
  await using all = await startKnowledgeStack({ faults: { events: Infinity, eventBytes: 10_000 } });
  const answer = await open(all.stack.port, { method: "GET", path: "/v1/jobs/1/events" });
  await eventually(() => answer.text().includes("data: 1 "));
  answer.leave();
  await eventually(() => all.knowledge.aborted === 1);
});

test("S33: a client that reads slowly holds knowledge back, and gets every byte", async () => {
  const faults = { events: 200, eventBytes: 100_000 };
  await using all = await startKnowledgeStack({ faults });
  const socket = connect(all.stack.port, "127.0.0.1");
  socket.write("GET /v1/jobs/1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  socket.pause();
  let sent = -1;
  let stillSinceMs = performance.now();
  await eventually(() => {
    if (all.knowledge.eventsSent !== sent) stillSinceMs = performance.now();
    sent = all.knowledge.eventsSent;
    return sent > 0 && performance.now() - stillSinceMs > 200;
  });
  expect(sent).toBeLessThan(160);
  let received = 0;
  socket.on("data", (part: Buffer) => (received += part.length));
  socket.resume();
  await once(socket, "close");
  expect(received).toBeGreaterThan(20_000_000);
});

test("S33: a client that never reads is dropped after the stall deadline", async () => {
  await using all = await startKnowledgeStack({
    faults: { events: Infinity, eventBytes: 100_000 },
    env: { STALL_TIMEOUT_MS: "300" },
  });
  const socket = connect(all.stack.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("GET /v1/jobs/1/events HTTP/1.1\r\nHost: x\r\n\r\n");
  socket.pause();
  await eventually(() => all.knowledge.aborted === 1);
  socket.destroy();
});

test("an answer that breaks off is a broken connection, never a whole answer", async () => {
  await using all = await startKnowledgeStack({ faults: { isCut: true } });
  expect((await send(all.stack.port, { method: "GET", path: "/v1/jobs/1/events" })).isBroken).toBe(true);
});

test("knowledge that is down is 503 with when to ask again, uploads too; it comes back by itself", async () => {
  await using all = await startKnowledgeStack();
  await all.knowledge.leave();
  for (const ask of [
    { method: "GET", path: "/v1/memory/stats" },
    { path: "/v1/files", body: Buffer.alloc(2_000_000) },
  ]) {
    const answer = await send(all.stack.port, ask);
    expect([answer.status, answer.json().error?.code]).toEqual([503, "knowledge_unavailable"]);
    expect(answer.headers["retry-after"]).toBe("2");
  }
  await all.knowledge.listen();
  expect((await send(all.stack.port, { method: "GET", path: "/v1/memory/stats" })).status).toBe(200);
});

test("knowledge that does not begin to answer is 503 after the deadline, and a client that leaves before ends it", async () => {
  await using all = await startKnowledgeStack({
    faults: { isHung: true },
    env: { KNOWLEDGE_TIMEOUT_MS: "1200" },
  });
  const request = startRequest(all.stack.port, { path: "/v1/memory/add" }, "{}");
  request.on("error", () => undefined);
  await eventually(() => all.knowledge.active === 1);
  request.destroy();
  await eventually(() => all.knowledge.aborted === 1);
  expect((await send(all.stack.port, { path: "/v1/memory/add", body: "{}" })).status).toBe(503);
});

test("without a knowledge service its routes are 404 and say what to do", async () => {
  await using stack = await startStack();
  const answer = await stack.get("/v1/memory/stats");
  expect([answer.status, answer.json().error?.code]).toEqual([404, "not_found"]);
  expect(answer.json().error?.message).toContain("KNOWLEDGE_URL");
});
