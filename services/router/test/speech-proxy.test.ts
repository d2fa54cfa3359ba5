import { createServer } from "node:http";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

import { expect, test } from "vitest";

import { startStack } from "./stack.ts";

/** Speech, which takes its time for every answer. */
async function startSlowSpeech(answerAfterMs: number): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    request.resume().once("end", () => void delay(answerAfterMs).then(() => response.end('{"text":"Yes."}')));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

test("a whole recording has a deadline of its own, which speech has not", async () => {
  await using speech = await startSlowSpeech(1_500);
  await using stack = await startStack({
    env: { SPEECH_URL: speech.url, SPEECH_TIMEOUT_MS: "300", TRANSCRIPTION_TIMEOUT_MS: "60000" },
  });
  const [transcription, translation, spoken] = await Promise.all([
    stack.post("/v1/audio/transcriptions", "a form"),
    stack.post("/v1/audio/translations?x=1", "a form"),
    stack.post("/v1/audio/speech", { input: "a" }),
  ]);
  expect([transcription.status, translation.status]).toEqual([200, 200]);
  expect([spoken.status, JSON.parse(spoken.text)]).toMatchObject([
    503,
    { error: { code: "speech_unavailable" } },
  ]);
});
