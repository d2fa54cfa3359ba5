import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test } from "vitest";

import { send, startStack } from "./stack.ts";

test("a player seeks in a result of the speech service: range, 206, 416, 304 and HEAD pass through the router", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const answers = [
    [200, { "accept-ranges": "bytes", etag: '"e"', "content-length": "4" }, "abcd"],
    [206, { "content-range": "bytes 1-2/4", "accept-ranges": "bytes", "content-length": "2" }, "bc"],
    [416, { "content-range": "bytes */4", "content-length": "0" }, ""],
    [304, { etag: '"e"' }, ""],
    [200, { "content-length": "4" }, ""],
  ] as const;
  const speech = createServer((request, response) => {
    // Health is asked as well.
    if (!request.url?.startsWith("/v1/audio/jobs/")) return void response.end("{}");
    const [status, headers, body] = answers[seen.push(request.headers) - 1] ?? answers[0];
    return void response.writeHead(status, headers).end(body);
  });
  await once(speech.listen(0, "127.0.0.1"), "listening");
  const { port } = speech.address() as AddressInfo;
  await using stack = await startStack({ env: { SPEECH_URL: `http://127.0.0.1:${port}` } });
  const asked = { range: "bytes=1-2", "if-range": '"e"', "if-none-match": '"x"' };
  for (const [i, [status, headers, body]] of answers.entries()) {
    const method = i === 4 ? "HEAD" : "GET";
    const answer = await send(stack.port, { method, path: "/v1/audio/jobs/job_1/audio", headers: asked });
    expect([answer.status, answer.headers, answer.text]).toMatchObject([status, headers, body]);
    expect(seen[i]).toMatchObject(asked);
  }
  speech.closeAllConnections();
  speech.close();
});
