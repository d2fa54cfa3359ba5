import { expect, test } from "vitest";

import { chatBody, send, startStack, testConfig } from "./stack.ts";
import { startKnowledgeStack } from "./knowledge-stack.ts";

const path = "/v1/chat/completions";
const body = JSON.stringify(chatBody());
const page = "http://localhost:3000";
const env = { BENCHAI_ORIGINS: page, BENCHAI_HOSTS: "ai.example.org" };

const corsOf = (headers: object) => Object.keys(headers).filter((name) => name.startsWith("access-control"));

/** What a page can send without a preflight, or read. */
const asks = [
  { path, body },
  { path, body, headers: { "content-type": "text/plain" } },
  { path: "/v1/files", body: "x", headers: { "content-type": "multipart/form-data; boundary=b" } },
  { path: "/mcp", body: "{}" },
  { method: "GET", path: "/v1/memory/recent" },
  { method: "DELETE", path: "/v1/memory/1" },
  { method: "GET", path: "/v1/models" },
  { method: "GET", path: "/health" },
  { method: "GET", path: "/none" },
  { method: "OPTIONS", path },
];

test.each([
  ["S40: a page of another origin", { origin: "https://evil.example" }, "origin_not_allowed"],
  ["S40: a page without an origin", { origin: "null" }, "origin_not_allowed"],
  ["S40: another program's page on this machine", { origin: "http://localhost:3001" }, "origin_not_allowed"],
  ["A10: a page that made its own name point here", { host: "evil.example:8085" }, "host_not_allowed"],
  [
    "A10: a page that is of the same origin as the name that it made point here",
    { host: "evil.example:8085", origin: "http://evil.example:8085" },
    "host_not_allowed",
  ],
])("%s is refused on every route, and reads nothing", async (_who, headers, code) => {
  await using all = await startKnowledgeStack({ env });
  for (const ask of asks) {
    const extra = { ...ask.headers, ...headers, "access-control-request-method": "POST" };
    const answer = await send(all.stack.port, { ...ask, headers: extra });
    expect([answer.status, answer.json().error?.code, ask]).toEqual([403, code, ask]);
    expect(corsOf(answer.headers)).toEqual([]);
  }
  expect(all.stack.llama.counters.requests).toBe(0);
  expect(all.knowledge.requests).toEqual([]);
});

test.each([
  ["a page of ours", { host: "127.0.0.1:8085", origin: "http://127.0.0.1:8085" }],
  ["a program's own page", { origin: "vscode-webview://1a2b" }],
  ["a reverse proxy that is named", { host: "ai.example.org", origin: "https://ai.example.org" }],
])("%s is answered as a program is", async (_who, headers) => {
  await using stack = await startStack({ env });
  const answer = await send(stack.port, { path, body, headers });
  expect([answer.status, corsOf(answer.headers)]).toEqual([200, []]);
});

test.each([
  ["an answer", { path, body }, 200],
  ["a stream", { path, body: JSON.stringify(chatBody({ stream: true })) }, 200],
  ["a list", { method: "GET", path: "/v1/models" }, 200],
  ["what knowledge answers", { method: "GET", path: "/v1/memory/recent" }, 200],
  ["an error", { path, body: "{" }, 400],
  ["an error of no route", { method: "GET", path: "/none" }, 404],
])("a page that is named reads %s", async (_what, ask, status) => {
  await using all = await startKnowledgeStack({ env });
  const answer = await send(all.stack.port, { ...ask, headers: { origin: page } });
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject({
    "access-control-allow-origin": page,
    "access-control-expose-headers": "*",
    vary: "origin",
  });
});

test.each([path, "/v1/memory/1", "/mcp", "/none"])(
  "its preflight for %s says what it may send",
  async (url) => {
    await using all = await startKnowledgeStack({ env });
    const answer = await send(all.stack.port, {
      method: "OPTIONS",
      path: url,
      headers: {
        origin: page,
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,content-type",
      },
    });
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": page,
      "access-control-allow-methods": expect.stringContaining("PATCH"),
      "access-control-allow-headers": "authorization,content-type",
    });
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    expect(all.knowledge.requests).toEqual([]);
  },
);

test.each([
  { BENCHAI_ORIGINS: "*" },
  { BENCHAI_ORIGINS: "localhost:3000" },
  { BENCHAI_ORIGINS: "http://localhost:3000/" },
  { BENCHAI_ORIGINS: "http://localhost:3000, null" },
  { BENCHAI_HOSTS: "*" },
  { BENCHAI_HOSTS: "https://ai.example.org" },
  { BENCHAI_HOSTS: "ai.example.org:443" },
])("the setting %j is refused at start, in words", (setting) => {
  expect(() => testConfig("http://127.0.0.1:9", setting)).toThrow(/BENCHAI_\w+ must be .*commas/);
});

test("lists may have spaces, and be of IPv6 addresses", () => {
  const settings = { BENCHAI_ORIGINS: "http://a, https://[::1]:3000,http://b.c", BENCHAI_HOSTS: "a.b, c" };
  expect(testConfig("http://127.0.0.1:9", settings)).toMatchObject(settings);
});
