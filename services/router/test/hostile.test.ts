import { expect, test } from "vitest";

import { chatBody, open, send, sendRaw, startStack } from "./stack.ts";

const path = "/v1/chat/completions";
const good = JSON.stringify(chatBody());

function head(
  extra: readonly string[],
  { length = good.length, line = `POST ${path} HTTP/1.1` } = {},
): string {
  const size = length === 0 ? [] : [`Content-Length: ${length}`];
  return `${[line, "Host: x", "Content-Type: application/json", ...size, ...extra].join("\r\n")}\r\n\r\n`;
}

const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
const chunked = { length: 0 };

test.each<[string, string]>([
  ["both lengths", head(["Transfer-Encoding: chunked"], { length: 6 }) + `0\r\n\r\n${smuggled}`],
  ["two different lengths", head(["Content-Length: 3"]) + good],
  ["a list of lengths", head([`Content-Length: ${good.length}, ${good.length}`], chunked) + good],
  ["a signed length", head([`Content-Length: +${good.length}`], chunked) + good],
  ["a negative length", head(["Content-Length: -1"], chunked) + good],
  ["a hexadecimal length", head(["Content-Length: 0x3c"], chunked) + good],
  ["an unknown transfer coding", head(["Transfer-Encoding: xchunked"], chunked) + good],
  ["chunked not last", head(["Transfer-Encoding: chunked, identity"], chunked) + good],
  [
    "two transfer codings",
    head(["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], chunked) + good,
  ],
  ["a folded header", head(["X-Y: a\r\n b"]) + good],
  ["a space before the colon", head(["Transfer-Encoding : chunked"]) + good],
  ["a NUL in a header", head(["X-Y: a\u0000b"]) + good],
  ["bare line feeds", head([]).replaceAll("\r\n", "\n") + good],
  ["a bare carriage return in the path", head([], { line: `POST /v1/chat\r/completions HTTP/1.1` }) + good],
  ["junk for a chunk size", head(["Transfer-Encoding: chunked"], chunked) + "zz\r\nhello\r\n0\r\n\r\n"],
  [
    "a chunk size that overflows",
    head(["Transfer-Encoding: chunked"], chunked) + "fffffffffffffffff\r\nhello",
  ],
  [
    "a chunk without its line end",
    head(["Transfer-Encoding: chunked"], chunked) +
      `${good.length.toString(16)}\r\n${good}0\r\n\r\n${smuggled}`,
  ],
  [
    "a bare line feed behind a chunk size",
    head(["Transfer-Encoding: chunked"], chunked) + `${good.length.toString(16)}\n${good}\r\n0\r\n\r\n`,
  ],
  ["no HTTP at all", "\u0016\u0003\u0001\u0002\u0000"],
])("B1: %s is refused, the connection is closed and nothing is passed on", async (_name, bytes) => {
  await using stack = await startStack();
  const text = await sendRaw(stack.port, Buffer.from(bytes, "latin1"));
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(text).toContain('"code":"invalid_request"');
  expect(stack.llama.counters.requests).toBe(0);
});

test("B1: a second Host header is refused", async () => {
  await using stack = await startStack();
  const text = await sendRaw(stack.port, head(["Host: y", "Connection: close"]) + good);
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(stack.llama.counters.requests).toBe(0);
});

test("B9: a target that names another server is refused", async () => {
  await using stack = await startStack();
  const line = `POST http://127.0.0.1:1${path} HTTP/1.1`;
  const text = await sendRaw(stack.port, head(["Connection: close"], { line }) + good);
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(stack.llama.counters.requests).toBe(0);
});

test("B1: headers beyond the parser's bound are 431", async () => {
  await using stack = await startStack();
  const text = await sendRaw(stack.port, head([`X-Y: ${"a".repeat(40_000)}`]) + good);
  expect(text).toMatch(/^HTTP\/1\.1 431 /);
});

test.each<[string, string, string]>([
  ["an empty body", "", "invalid_json"],
  ["no JSON", '{"model":', "invalid_json"],
  ["a byte order mark", `\uFEFF${good}`, "invalid_json"],
  ["null", "null", "invalid_request"],
  ["an array", "[]", "invalid_request"],
  ["a model that is an object", '{"model":{"toString":1},"messages":[{}]}', "invalid_request"],
  ["a model that is an array", '{"model":["m"],"messages":[{}]}', "invalid_request"],
  ["no model", '{"messages":[{}]}', "invalid_request"],
  ["an empty model", '{"model":"","messages":[{}]}', "invalid_request"],
  ["no messages", '{"model":"m"}', "invalid_request"],
  ["empty messages", '{"model":"m","messages":[]}', "invalid_request"],
  ["messages that are a string", '{"model":"m","messages":"hi"}', "invalid_request"],
  ["stream that is a string", '{"model":"m","messages":[{}],"stream":"true"}', "invalid_request"],
  ["a negative n_discard", '{"model":"m","messages":[{}],"n_discard":-1}', "invalid_request"],
  ["a huge max_tokens", '{"model":"m","messages":[{}],"max_tokens":1e300}', "invalid_request"],
  ["a fractional n_keep", '{"model":"m","messages":[{}],"n_keep":1.5}', "invalid_request"],
  ["the model twice", '{"model":"m","messages":[{}],"model":"x"}', "duplicate_key"],
  ["the model twice, once escaped", '{"model":"m","messages":[{}],"mod\\u0065l":"x"}', "duplicate_key"],
  [
    "nesting that would cost the stack",
    `{"model":"m","messages":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    "invalid_json",
  ],
])("B7: %s is a clear 400", async (_name, body, code) => {
  await using stack = await startStack();
  const answer = await send(stack.port, { path, body });
  expect([answer.status, answer.json().error?.code]).toEqual([400, code]);
  expect(stack.llama.counters.requests).toBe(0);
  expect((await stack.chat()).status).toBe(200);
});

test("B7: invalid UTF-8 is refused, since two readers could take it differently", async () => {
  await using stack = await startStack();
  const body = Buffer.concat([
    Buffer.from('{"model":"m","messages":["'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"]}'),
  ]);
  expect((await send(stack.port, { path, body })).json().error?.message).toContain("not UTF-8");
});

test.each(["__proto__", "constructor", "toString", "../../etc/passwd", "m\u0000", "M"])(
  "B7: the model %j is one we do not have",
  async (model) => {
    await using stack = await startStack();
    const answer = await stack.chat({ model });
    expect([answer.status, answer.json().error?.code]).toEqual([404, "model_not_found"]);
    expect(answer.json().error?.message).toContain("available: m");
    const metrics = (await stack.get("/metrics")).text;
    expect(metrics).toContain('{route="chat",model="unknown",status="404"} 1');
  },
);

test.each([
  "text/plain",
  "application/json\ta",
  "application/jsonx",
  "application/json; charset=utf-16",
  "multipart/form-data; boundary=x",
  "application/json, text/plain",
])("B3: content type %j is 415", async (type) => {
  await using stack = await startStack();
  const answer = await send(stack.port, { path, body: good, headers: { "content-type": type } });
  expect([answer.status, answer.json().error?.code]).toEqual([415, "unsupported_media_type"]);
});

test.each(["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])(
  "B3: content type %j is accepted",
  async (type) => {
    await using stack = await startStack();
    expect((await send(stack.port, { path, body: good, headers: { "content-type": type } })).status).toBe(
      200,
    );
  },
);

test("B3: a compressed body is 415", async () => {
  await using stack = await startStack();
  expect((await send(stack.port, { path, body: good, headers: { "content-encoding": "gzip" } })).status).toBe(
    415,
  );
});

test("S35: a body beyond the limit is 413, announced or not, and reads no further", async () => {
  await using stack = await startStack({ env: { BODY_LIMIT_BYTES: "100000" } });
  const body = JSON.stringify(chatBody({ pad: "x".repeat(200_000) }));
  const announced = await sendRaw(stack.port, head(["Connection: close"], { length: 4_294_967_296 }));
  expect(announced).toMatch(/^HTTP\/1\.1 413 /);
  const answer = await send(stack.port, { path, body });
  expect([answer.status, answer.json().error?.code]).toEqual([413, "body_too_large"]);
  const unannounced = await send(stack.port, {
    path,
    body,
    headers: { "transfer-encoding": "chunked" },
  });
  expect(unannounced.status).toBe(413);
});

test("S35: a client that sends 40 MB without looking still gets its 413", async () => {
  await using stack = await startStack();
  const text = await sendRaw(
    stack.port,
    Buffer.concat([
      Buffer.from(head(["Connection: close"], { length: 40_000_000 })),
      Buffer.alloc(40_000_000, " "),
    ]),
  );
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
});

test("S35: a 20 MB image passes through", async () => {
  await using stack = await startStack();
  const image = "A".repeat(20_000_000);
  const answer = await stack.chat({
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: image } }] }],
  });
  expect(answer.status).toBe(200);
  expect(stack.llama.lastRequest?.body.length).toBeGreaterThan(20_000_000);
});

test.each([
  ["GET", path, "POST, OPTIONS"],
  ["DELETE", path, "POST, OPTIONS"],
  ["HEAD", "/v1/embeddings", "POST, OPTIONS"],
  ["POST", "/v1/models", "GET, HEAD, OPTIONS"],
  ["PUT", "/v1/models/m", "GET, HEAD, OPTIONS"],
  ["POST", "/health", "GET, HEAD, OPTIONS"],
])("S35: %s %s is 405 and says what is allowed", async (method, url, allow) => {
  await using stack = await startStack();
  const answer = await send(stack.port, { method, path: url });
  expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
});

test("S35: OPTIONS and HEAD are answered without a body", async () => {
  await using stack = await startStack();
  const options = await send(stack.port, { method: "OPTIONS", path });
  expect([options.status, options.headers.allow, options.text]).toEqual([204, "POST, OPTIONS", ""]);
  const headAnswer = await send(stack.port, { method: "HEAD", path: "/health" });
  expect([headAnswer.status, headAnswer.text]).toEqual([200, ""]);
});

test("S35: half a request that is never finished holds nothing but its connection", async () => {
  await using stack = await startStack();
  const pending = open(stack.port, { path, headers: { "content-length": "500" }, body: "{" });
  pending.catch(() => undefined);
  expect((await stack.chat()).status).toBe(200);
});
