import { once } from "node:events";
import { connect } from "node:net";

import { expect, test } from "vitest";

import { chatBody, eventually, startStack } from "./stack.ts";

const streamMB = 20;

test("S33: a slow reader holds the worker back instead of growing the router, and loses no byte", async () => {
  await using stack = await startStack();
  const body = JSON.stringify(chatBody({ stream: true, user: `tokens=${streamMB * 10};frame=100000` }));
  const socket = connect(stack.port, "127.0.0.1");
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  // The fake and the router fill what the kernel's buffers take, and then both stand still.
  let tokens = -1;
  let stillSinceMs = performance.now();
  await eventually(() => {
    if (stack.llama.counters.tokens !== tokens) stillSinceMs = performance.now();
    tokens = stack.llama.counters.tokens;
    return tokens > 0 && performance.now() - stillSinceMs > 200;
  });
  expect(tokens / 10).toBeLessThan(streamMB - 4);
  let received = 0;
  socket.on("data", (part: Buffer) => (received += part.length));
  socket.resume();
  await once(socket, "close");
  expect(received).toBeGreaterThan(streamMB * 1_000_000);
  expect(stack.llama.counters.done).toBe(1);
});

test("S33: a client that never reads is dropped after the stall deadline, and the worker is free again", async () => {
  await using stack = await startStack({ env: { STALL_TIMEOUT_MS: "300" } });
  const body = JSON.stringify(chatBody({ stream: true, user: "tokens=1000;frame=100000" }));
  const socket = connect(stack.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  await eventually(() => stack.llama.counters.aborted === 1);
  socket.destroy();
});

test("S33: 200 streams at once arrive whole", async () => {
  await using stack = await startStack({ models: (ready) => [{ ...ready("g1"), parallel: 200 }] });
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => stack.chat({ stream: true, user: "tokens=50;tps=200" })),
  );
  for (const { text } of answers) expect(text.match(/"t\d+ "/g)).toHaveLength(50);
});
