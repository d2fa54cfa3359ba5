import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, onTestFinished, test } from "vitest";

import type { AudioJobView } from "@benchai/contract/jobs";

import { temporaryFolder } from "./folder.ts";

const child = fileURLToPath(new URL("jobs-child.ts", import.meta.url));
const sentences = 60;
const text = Array.from({ length: sentences }, (_, i) => `Sentence number ${i} of a long text.`).join(" ");

async function start(cache: string): Promise<{ service: ChildProcess; url: string }> {
  const env = { PATH: process.env["PATH"], PORT: "0", CACHE_DIR: cache };
  const service = spawn(process.execPath, [child], { env, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void service.kill("SIGKILL"));
  const [port] = (await once(service.stdout, "data")) as [Buffer];
  return { service, url: `http://127.0.0.1:${port.toString().trim()}/v1/audio` };
}

test("killed in the middle of a job, the service goes on with it at its next start, from the sentences that it has", async () => {
  const cache = join(temporaryFolder(), "cache");
  const results = () => readdirSync(`${cache}-jobs/results`);
  let { service, url } = await start(cache);
  const body = JSON.stringify({ input: text, response_format: "wav" });
  const post = { method: "POST", headers: { "content-type": "application/json" }, body };
  const { id } = (await (await fetch(`${url}/jobs`, post)).json()) as AudioJobView;
  const look = async () => (await (await fetch(`${url}/jobs/${id}`)).json()) as AudioJobView;
  const seen: number[] = [];
  for (const kill of [5, 25]) {
    await expect
      .poll(async () => (await look()).done, { interval: 5, timeout: 15_000 })
      .toBeGreaterThan(Math.max(kill, seen.at(-1) ?? 0));
    seen.push((await look()).done);
    service.kill("SIGKILL");
    await once(service, "exit");
    expect(results().toSorted()).toEqual([`${id}.audio.partial`, `${id}.times.partial`]);
    ({ service, url } = await start(cache));
    expect((await look()).done).toBeGreaterThanOrEqual(seen.at(-1) ?? 0);
  }
  await expect.poll(async () => (await look()).state, { interval: 20, timeout: 15_000 }).toBe("done");
  const view = await look();
  expect(view).toMatchObject({ done: sentences, attempt: 3 });
  expect(results().toSorted()).toEqual([`${id}.audio`, `${id}.times`]);
  const sound = Buffer.from(await (await fetch(`${url}/jobs/${id}/audio`)).arrayBuffer());
  const direct = Buffer.from(await (await fetch(`${url}/speech`, post)).arrayBuffer());
  // The header of a stream does not know its length; the sound is the same, byte for byte.
  expect(sound.subarray(44).equals(direct.subarray(44))).toBe(true);
}, 60_000);
