import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

const probe = fileURLToPath(new URL("probe.ts", import.meta.url));
const server = createServer((request, response) => {
  response.statusCode = request.url === "/ok" ? 200 : 503;
  response.end(`body of ${request.url} as ${request.headers.accept}`);
});
let origin = "";
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function run(...args: string[]) {
  const child = spawn(process.execPath, [probe, ...args]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const [code] = await once(child, "close");
  return { code, out, err };
}

test("a probe is silent and 0 when all is well, and says why when it is not", async () => {
  const [ok, down, nobody] = await Promise.all([
    run(`${origin}/ok`),
    run(`${origin}/down`),
    run("http://127.0.0.1:1/"),
  ]);
  expect(ok).toEqual({ code: 0, out: "", err: "" });
  expect(down).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/^503 body of \/down/) });
  expect(nobody).toMatchObject({ code: 1, err: expect.stringMatching(/^cannot reach http:/) });
});

test("with --print it writes the text that it asked for", async () => {
  const { code, out } = await run("--print", `${origin}/ok`);
  expect(code).toBe(0);
  expect(out).toMatch(/^body of \/ok as text\/plain/);
});
