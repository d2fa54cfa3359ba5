import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";

import { sendRaw, type Stack, startStack } from "../../services/router/test/stack.ts";
import { SpeechConfig } from "../../services/speech/src/edge/config.ts";
import { type RunningSpeech, startSpeech } from "../../services/speech/src/service.ts";
import { freePort } from "../support/free-port.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
let folder: string;
let stack: Stack;
let speech: RunningSpeech;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "speech-through-router-"));
  const port = await freePort();
  const owners = [{ name: "anna", keys: [sha256("key-a")] }];
  stack = await startStack({
    env: { SPEECH_URL: `http://127.0.0.1:${port}` },
    configured: { owners },
    llama: { faults: { tokens: 5, tokenDelayMs: 1 } },
  });
  const env = {
    PORT: `${port}`,
    CACHE_DIR: join(folder, "cache"),
    ROUTER_URL: `http://127.0.0.1:${stack.port}`,
  };
  speech = await startSpeech(readConfig(SpeechConfig, env), createLogger("speech", "fatal"));
});

afterAll(async () => {
  await speech.close();
  await stack[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

type Event = { readonly type: string; readonly text?: string; readonly error?: { code: string } };

/** Says these messages and gathers what comes back until the socket closes. */
async function converse(...messages: object[]): Promise<{ events: Event[]; code: number }> {
  const socket = new WebSocket(`ws://127.0.0.1:${stack.port}/v1/audio/speech/live`);
  const events: Event[] = [];
  const closed = Promise.withResolvers<number>();
  socket.addEventListener("message", ({ data }) => events.push(JSON.parse(String(data)) as Event));
  socket.addEventListener("close", ({ code }) => closed.resolve(code));
  socket.addEventListener("open", () => {
    for (const message of messages) socket.send(JSON.stringify(message));
  });
  return { code: await closed.promise, events };
}

const handshake = (path: string, ...more: string[]) =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${stack.port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...more,
    "\r\n",
  ].join("\r\n");

test("a WebSocket is tunnelled: what is written is said, and the close comes through", async () => {
  const { events, code } = await converse(
    { type: "start", response_format: "pcm" },
    { type: "text", text: "Through the router. And" },
    { type: "text", text: " back." },
    { type: "end" },
  );
  expect(code).toBe(1000);
  expect(events.flatMap(({ text = [] }) => text)).toEqual(["Through the router.", "And back."]);
  expect(events.at(-1)?.type).toBe("speech.audio.done");
  expect(await stack.metric('benchai_router_passed_on_requests_total{service="speech",status="101"}')).toBe(
    1,
  );
});

test("what the service refuses is told, with its reason", async () => {
  const { events, code } = await converse({ type: "text", text: "No start." });
  expect([code, events[0]?.error?.code]).toEqual([1008, "invalid_request"]);
});

test.each<[string, string, string[], RegExp, string?]>([
  [
    "a page of another origin",
    "/v1/audio/speech/live",
    ["Origin: http://evil.example"],
    /^HTTP\/1\.1 403 .*origin_not_allowed/su,
  ],
  [
    "a page that made its own name point here",
    "/v1/audio/speech/live",
    ["Origin: http://evil.example"],
    /^HTTP\/1\.1 403 .*host_not_allowed/su,
    "evil.example",
  ],
  ["a path in disguise", "/v1/audio/speech/live?a\\b", [], /^HTTP\/1\.1 400 /u],
  ["a second Host", "/v1/audio/speech/live", ["Host: x"], /^HTTP\/1\.1 400 /u],
])("B2: %s cannot open one", async (_what, path, more, answer, host = "127.0.0.1") => {
  const text = handshake(path, ...more).replace(/^Host: .*$/mu, `Host: ${host}:${stack.port}`);
  expect(await sendRaw(stack.port, text)).toMatch(answer);
});

test("no other path becomes a WebSocket: the request is answered as the request that it is", async () => {
  const text = await sendRaw(
    stack.port,
    handshake("/v1/models", "x: y").replace("Upgrade\r\n", "Upgrade, close\r\n"),
  );
  expect(text).toMatch(/^HTTP\/1\.1 200 OK/u);
});

test("a client that leaves is gone for the service as well", async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${stack.port}/v1/audio/speech/live`);
  await once(socket, "open");
  const text = Array.from({ length: 4_000 }, (_, i) => `Sentence ${i} of very many. `).join("");
  for (const message of [{ type: "start" }, { type: "text", text }]) socket.send(JSON.stringify(message));
  await expect.poll(speaking).toBe(1);
  socket.close();
  await expect.poll(speaking).toBe(0);
});

/** How many requests the speech service speaks. */
async function speaking(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${speech.port}/metrics`)).text();
  return Number(/^benchai_speech_speaking (\d+)/mu.exec(text)?.[1]);
}

test("a body is spoken while it comes", async () => {
  const request = httpRequest({
    host: "127.0.0.1",
    port: stack.port,
    method: "POST",
    path: "/v1/audio/speech/stream?response_format=pcm",
    headers: { "content-type": "text/plain" },
  });
  request.write("The first sentence. And then");
  const [response] = (await once(request, "response")) as [AsyncIterable<Buffer>];
  const chunks = response[Symbol.asyncIterator]();
  expect((await chunks.next()).value?.length).toBeGreaterThan(1_000);
  request.end(" the second.");
  let bytes = 0;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) bytes += next.value.length;
  expect(bytes).toBeGreaterThan(10_000);
});

test("a spoken chat reaches the model as its client's own", async () => {
  const response = await fetch(`http://127.0.0.1:${stack.port}/v1/audio/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer key-a", "x-benchai-owner": "ben" },
    body: JSON.stringify({
      model: "m",
      messages: [{ role: "user", content: "Hi" }],
      audio: { format: "mp3" },
    }),
  });
  const text = await response.text();
  expect(text).toContain('"audio":{"id":');
  expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
  const { headers } = stack.llama.requests.at(-1) ?? {};
  // The worker's key is the router's; the client's goes no further than the router.
  expect(headers?.["authorization"]).toBe("Bearer worker-key");
});

test("no other request takes a client's key along", async () => {
  const answer = await fetch(`http://127.0.0.1:${stack.port}/v1/audio/voices`, {
    headers: { authorization: "Bearer key-a" },
  });
  expect(answer.status).toBe(200);
});
