import { expect, test } from "vitest";

import { noFaults } from "./fake-llama-faults.ts";
import { readLlamaFlags } from "./fake-llama-flags.ts";
import { startFakeLlama } from "./fake-llama.ts";

const ask = (url: string, body: object, key = "k") =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: "m", messages: [], ...body }),
  });

test("llama-server's flags are understood or skipped, and fault switches are read", () => {
  const argv =
    "-m /models/x.gguf --alias x --host 0.0.0.0 --port 9000 --ctx-size 4096 --jinja -ngl 99 --api-key-file /k --fake-load-delay-ms 500 --fake-hang --fake-crash-at-start 3";
  expect(readLlamaFlags(argv.split(" "))).toEqual({
    host: "0.0.0.0",
    port: 9000,
    model: "/models/x.gguf",
    alias: "x",
    apiKey: undefined,
    apiKeyFile: "/k",
    faults: { ...noFaults, loadDelayMs: 500, isHung: true, crashAtStart: 3 },
  });
  expect(readLlamaFlags(["--port=9001"], { LLAMA_ARG_HOST: "::", LLAMA_API_KEY: "e" })).toMatchObject({
    host: "::",
    port: 9001,
    apiKey: "e",
  });
});

test("a key is asked for everywhere but at /health", async () => {
  await using fake = await startFakeLlama({ apiKeys: ["k"] });
  expect((await fetch(`${fake.url}/health`)).status).toBe(200);
  expect((await ask(fake.url, {}, "wrong")).status).toBe(401);
  expect((await ask(fake.url, {})).status).toBe(200);
});

test("while it loads, health and answers are 503 with llama-server's words", async () => {
  await using fake = await startFakeLlama({ apiKeys: ["k"], faults: { loadDelayMs: 60_000 } });
  const health = await fetch(`${fake.url}/health`);
  expect(health.status).toBe(503);
  expect(await health.json()).toEqual({
    error: { message: "Loading model", type: "unavailable_error", code: 503 },
  });
  expect((await ask(fake.url, {})).status).toBe(503);
});

test("a stream has as many tokens as asked for, and requests are recorded byte for byte", async () => {
  await using fake = await startFakeLlama({ apiKeys: ["k"] });
  const text = await (await ask(fake.url, { stream: true, user: "tokens=3" })).text();
  expect(text.match(/"t\d "/g)).toEqual(['"t0 "', '"t1 "', '"t2 "']);
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  expect(JSON.parse(fake.lastRequest?.body.toString() ?? "").user).toBe("tokens=3");
  const shown = await (await fetch(`${fake.url}/__requests`)).json();
  expect(shown).toMatchObject([{ method: "POST", headers: { authorization: "Bearer k" } }]);
});

test("a crash ends the server and every connection", async () => {
  await using fake = await startFakeLlama({ apiKeys: ["k"] });
  const { url } = fake;
  const broken = ask(url, { stream: true, user: "crash=1" }).then((r) => r.text());
  await expect(broken).rejects.toThrow("terminated");
  await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
});
