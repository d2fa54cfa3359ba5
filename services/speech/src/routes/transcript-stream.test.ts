import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

import { expect, test } from "vitest";

import { TranscriptStream } from "./transcript-stream.ts";

test("a stream that has begun says that it lives, until it ends", async () => {
  const server = createServer((_request, raw) => {
    const stream = new TranscriptStream(raw, 10);
    const durationS = 1;
    stream.add([
      {
        text: " Yes.",
        tokens: [],
        words: [],
        startS: 0,
        endS: 1,
        windowStartS: 0,
        temperature: 0,
        averageLogProbability: 0,
        noSpeechProbability: 0,
      },
    ]);
    void delay(100).then(() =>
      stream.done({ task: "transcribe", language: "english", durationS, segments: [] }),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const text = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  server.close();
  const events = text.trim().split("\n\n");
  expect(events[0]).toContain("transcript.text.delta");
  expect(events.slice(1, -1).length).toBeGreaterThan(1);
  expect(new Set(events.slice(1, -1))).toEqual(new Set([": still listening"]));
  expect(events.at(-1)).toContain("transcript.text.done");
});
