import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { dataOf, eventually, modelAt, startStack, workerKey } from "./stack.ts";

test("S23: a graceful stop lets a running stream end, and answers what waits at once", async () => {
  await using stack = await startStack({
    env: { DRAIN_MS: "5000" },
    models: (ready) => [{ ...ready("g1"), parallel: 1 }],
  });
  const running = await stack.open({ stream: true, user: "tokens=60;tps=200" });
  const waiting = stack.chat();
  await eventually(async () => (await stack.metric('benchai_router_waiting{model="m"}')) === 1);
  const closed = stack.router.close();
  const refused = await waiting;
  expect([refused.status, refused.json().error?.code]).toEqual([503, "shutting_down"]);
  expect(dataOf((await running.ended).text).at(-1)).toBe("[DONE]");
  await closed;
});

test("S23: a stream that outlives the drain ends with an error event, not a broken connection", async () => {
  await using stack = await startStack({ env: { DRAIN_MS: "100" } });
  const running = await stack.open({ stream: true, user: "tokens=100000;tps=100" });
  await stack.router.close();
  const answer = await running.ended;
  const last = dataOf(answer.text).at(-1) ?? "{}";
  expect(JSON.parse(last).error.code).toBe("shutting_down");
  expect(answer.isBroken).toBe(false);
  await eventually(() => stack.llama.counters.aborted === 1);
});

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

async function runMain(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env["PATH"] ?? "", PORT: "0", HOST: "127.0.0.1", ...env },
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  child.stderr.on("data", (part: Buffer) => (output += part.toString()));
  const exited = once(child, "exit");
  await eventually(() => output.includes('"msg":"listening"') || child.exitCode !== null, 10_000);
  if (child.exitCode === null) child.kill("SIGTERM");
  await exited;
  return { code: child.exitCode, output };
}

test.each(["0.0.0.0", "192.168.1.5", "::", ""])(
  "A1: the router refuses to start when it is published on %j",
  async (bind) => {
    const { code, output } = await runMain({
      BENCHAI_BIND: bind,
      CONTROLLER_URL: "http://127.0.0.1:9",
    });
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toHaveLength(1);
    expect(output).toContain("API keys are not available yet, so any bind but loopback is refused");
  },
);

test("A1: published on loopback it starts, without a controller, and ends cleanly on SIGTERM", async () => {
  const { code, output } = await runMain({
    BENCHAI_BIND: "127.0.0.1",
    CONTROLLER_URL: "http://127.0.0.1:9",
  });
  expect([code, output.includes('"msg":"closing"')]).toEqual([0, true]);
});

test("S71: neither keys nor prompts are in the log at default level", async () => {
  await using stack = await startStack();
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env["PATH"] ?? "",
      PORT: "0",
      HOST: "127.0.0.1",
      CONTROLLER_URL: stack.controller.url,
    },
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  await eventually(() => output.includes('"msg":"listening"') && stack.controller.streams === 2, 10_000);
  const port = Number(/"port":(\d+)/.exec(output)?.[1]);
  const { send, chatBody } = await import("./stack.ts");
  const body = JSON.stringify(chatBody({ messages: [{ role: "user", content: "canary-prompt" }] }));
  const ask = {
    path: "/v1/chat/completions",
    body,
    headers: { authorization: "Bearer canary-client-key" },
  };
  expect((await send(port, ask)).status).toBe(200);
  stack.controller.publish([modelAt(stack.llama, "g2")]);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
  for (const secret of ["canary", workerKey]) expect(output).not.toContain(secret);
});
