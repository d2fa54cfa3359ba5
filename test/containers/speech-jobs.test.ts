import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { AudioJobResult, AudioJobView } from "@benchai/contract/jobs";

import { eventually } from "../support/eventually.ts";
import { testTag } from "../support/images.ts";
import { type Stack, startStack } from "../support/stack.ts";

const bobsKey = "bobs-key";
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    config: { owners: { bob: { keys: [createHash("sha256").update(bobsKey).digest("hex")] } } },
  });
});
afterAll(() => stack[Symbol.asyncDispose]());

const textOf = (sentences: number, about: string) =>
  Array.from({ length: sentences }, (_, i) => `Sentence number ${i} of a long text about ${about}.`).join(
    " ",
  );

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${stack.baseUrl}/v1/audio/${path}`, init);
}

function post(path: string, body: object): Promise<Response> {
  return ask(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function submit(body: object): Promise<AudioJobView> {
  const response = await post("jobs", body);
  expect(response.status).toBe(202);
  return (await response.json()) as AudioJobView;
}

async function look(id: string): Promise<AudioJobView> {
  const response = await ask(`jobs/${id}`);
  if (!response.ok) throw new Error(`job ${id}: ${response.status} ${await response.text()}`);
  return (await response.json()) as AudioJobView;
}

function finished(id: string, withinMs = 60_000): Promise<AudioJobView> {
  return eventually(
    `job ${id} ends`,
    async () => {
      const now = await look(id);
      return now.state === "queued" || now.state === "running" ? undefined : now;
    },
    withinMs,
  );
}

async function soundOf(response: Response): Promise<Buffer> {
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** What ffprobe in the speech service's image says of a file's length, in s. */
function probedS(input: Buffer): number {
  const script = "cat >/tmp/sound && ffprobe -v error -show_entries format=duration -of csv=p=0 /tmp/sound";
  const args = ["run", "--rm", "-i", "--network=none", "--tmpfs=/tmp", "--entrypoint=sh"];
  const options = { input, maxBuffer: 1024 * 1024 };
  const { status, stdout, stderr } = spawnSync(
    "docker",
    [...args, `benchai/speech:${testTag}`, "-c", script],
    options,
  );
  if (status !== 0) throw new Error(stderr.toString());
  return Number(stdout.toString().trim());
}

test("a long text becomes a file on the real queue, as long as the direct answer, in which a player seeks", async () => {
  const body = { input: textOf(20, "gardens"), response_format: "mp3", voice: "alloy" };
  const { id } = await submit(body);
  expect(await finished(id)).toMatchObject({ state: "done", done: 20, total: 20 });
  const whole = await ask(`jobs/${id}/audio`);
  expect(whole.headers.get("content-type")).toBe("audio/mpeg");
  expect(whole.headers.get("accept-ranges")).toBe("bytes");
  const sound = await soundOf(whole);
  const direct = await soundOf(await post("speech", body));
  expect(probedS(sound)).toBeCloseTo(probedS(direct), 2);
  const part = await ask(`jobs/${id}/audio`, { headers: { range: "bytes=1000-1999" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 1000-1999/${sound.length}`]);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(sound.subarray(1_000, 2_000));
  expect((await ask(`jobs/${id}/audio`, { headers: { range: `bytes=${sound.length}-` } })).status).toBe(416);
  expect(await (await ask(`jobs/${id}/captions?format=vtt`)).text()).toMatch(
    /^WEBVTT\n\n00:00:00\.000 --> /u,
  );
});

test("another owner sees nothing of a job: 404", async () => {
  const { id } = await submit({ input: "A secret of the house." });
  await finished(id);
  const headers = { authorization: `Bearer ${bobsKey}` };
  for (const path of ["", "/audio", "/captions", "/events"])
    expect((await ask(`jobs/${id}${path}`, { headers })).status).toBe(404);
  expect((await ask(`jobs/${id}`, { method: "DELETE", headers })).status).toBe(404);
  expect(await (await ask("jobs", { headers })).json()).toMatchObject({ data: [] });
  expect((await ask(`jobs/${id}/audio`)).status).toBe(200);
});

test("S51, S57: killed in the middle of a job, and with the queue away, the service loses none and ends all", async () => {
  const long = { input: textOf(1_500, "rivers"), response_format: "wav" };
  const running = await submit(long);
  await eventually("the job is on its way", async () => (await look(running.id)).done > 20);
  await stack.service("speech").kill();
  await stack.service("valkey").stop({ t: 1 });
  await stack.service("speech").start();
  const waiting = await eventually("the service is back", () =>
    submit({ input: "Accepted while the queue was away." }).catch(() => undefined),
  );
  expect((await look(waiting.id)).state).toBe("queued");
  expect((await look(running.id)).done).toBeGreaterThan(20);
  // Speech goes on without the queue.
  expect((await soundOf(await post("speech", { input: "Still here." }))).length).toBeGreaterThan(1_000);
  await stack.service("valkey").start();
  expect(await finished(waiting.id, 90_000)).toMatchObject({ state: "done" });
  const ended = await finished(running.id, 240_000);
  expect(ended).toMatchObject({ state: "done", done: 1_500, total: 1_500 });
  const sound = await soundOf(await ask(`jobs/${running.id}/audio`));
  expect(probedS(sound)).toBeCloseTo((ended.result as AudioJobResult).audio_seconds, 1);
}, 400_000);

test("a deleted job leaves nothing", async () => {
  const { id } = await submit({ input: textOf(500, "trains") });
  await eventually("it runs", async () => (await look(id)).state === "running");
  expect((await ask(`jobs/${id}`, { method: "DELETE" })).status).toBe(204);
  expect((await ask(`jobs/${id}`)).status).toBe(404);
  expect((await ask(`jobs/${id}/audio`)).status).toBe(404);
});
