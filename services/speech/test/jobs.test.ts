import { execFileSync } from "node:child_process";
import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { ownerHeader } from "@benchai/contract/enrichment";
import type { AudioJobResult, AudioJobView } from "@benchai/contract/jobs";
import { audioFormats } from "@benchai/contract/speech";
import { InProcessDispatcher } from "@benchai/fakes/in-process-dispatcher";
import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";

import { SpeechConfig } from "../src/edge/config.ts";
import { startSpeech } from "../src/service.ts";
import { temporaryFolder } from "./folder.ts";

const log = createLogger("speech", "fatal");
const text = "The first sentence of a long text. The second one follows it. And here is the third.";
const many = (n: number) =>
  Array.from({ length: n }, (_, i) => `This is sentence number ${i} of a long text.`).join(" ");

type Ask = { readonly owner?: string; readonly method?: string; readonly headers?: Record<string, string> };

/** The service with the real espeak-ng and ffmpeg, and a queue that the test has in its hand. */
async function start(folder = temporaryFolder(), env: Record<string, string> = {}) {
  const queue = new InProcessDispatcher();
  const config = readConfig(SpeechConfig, { PORT: "0", CACHE_DIR: join(folder, "cache"), ...env });
  const service = await startSpeech(config, log, () => queue);
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await service.close();
    isClosed = true;
  };
  onTestFinished(close);
  const url = `http://127.0.0.1:${service.port}`;
  const ask = (path: string, { owner = "ann", method = "GET", headers = {} }: Ask = {}, body?: object) =>
    fetch(`${url}/v1/audio/${path}`, {
      method,
      headers: { [ownerHeader]: owner, ...headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  const submit = async (body: object): Promise<AudioJobView> => {
    const response = await ask("jobs", { method: "POST" }, body);
    expect(response.status).toBe(202);
    return (await response.json()) as AudioJobView;
  };
  const look = async (id: string) => (await (await ask(`jobs/${id}`)).json()) as AudioJobView;
  const ended = async (id: string, state: AudioJobView["state"] = "done") => {
    await expect.poll(async () => (await look(id)).state, { timeout: 15_000, interval: 10 }).toBe(state);
    return look(id);
  };
  const results = () => readdirSync(join(folder, "cache-jobs", "results"));
  return { folder, queue, close, url, ask, submit, look, ended, results };
}

async function errorOf(response: Response): Promise<[number, string]> {
  const { error } = (await response.json()) as { error: { code: string } };
  return [response.status, error.code];
}

function probedS(folder: string, sound: Buffer): number {
  const path = join(folder, "probed");
  writeFileSync(path, sound);
  const args = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path];
  return Number(execFileSync("ffprobe", args).toString());
}

test("a text becomes a file that lasts as long as the direct answer, in every format, and says so", async () => {
  const { ask, submit, ended, folder } = await start();
  const pcm = await ask("speech", { method: "POST" }, { input: text, response_format: "pcm" });
  const wantedS = (await pcm.arrayBuffer()).byteLength / 48_000;
  for (const format of audioFormats) {
    const { id, state, kind } = await submit({ input: text, response_format: format });
    expect([state, kind]).toEqual(["queued", "speech"]);
    const view = await ended(id);
    expect(view).toMatchObject({ done: 3, total: 3, attempt: 1 });
    const result = view.result as AudioJobResult;
    expect(result.audio_seconds).toBeCloseTo(wantedS, 2);
    const response = await ask(`jobs/${id}/audio`);
    const sound = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get("content-type")).toBe(result.content_type);
    expect(sound.length).toBe(result.bytes);
    if (format !== "pcm") expect(Math.abs(probedS(folder, sound) - wantedS)).toBeLessThan(0.05);
    // A whole file says how long it is: RIFF's length field.
    if (format === "wav") expect(sound.readUInt32LE(4)).toBe(sound.length - 8);
  }
});

test("players seek: parts, the rest, what lies behind the end, and what they have already", async () => {
  const { ask, submit, ended } = await start();
  const { id } = await submit({ input: text, response_format: "wav" });
  const { result } = await ended(id);
  const bytes = (result as AudioJobResult).bytes ?? 0;
  const path = `jobs/${id}/audio`;
  const whole = await ask(path);
  const [sound, etag = ""] = [Buffer.from(await whole.arrayBuffer()), whole.headers.get("etag") ?? undefined];
  expect(whole.headers.get("accept-ranges")).toBe("bytes");
  const part = await ask(path, { headers: { range: "bytes=100-199", "if-range": etag } });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 100-199/${bytes}`]);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(sound.subarray(100, 200));
  const end = await ask(path, { headers: { range: "bytes=-10" } });
  expect(Buffer.from(await end.arrayBuffer())).toEqual(sound.subarray(-10));
  const behind = await ask(path, { headers: { range: `bytes=${bytes}-` } });
  expect([behind.status, behind.headers.get("content-range")]).toEqual([416, `bytes */${bytes}`]);
  const other = await ask(path, { headers: { range: "bytes=0-9", "if-range": '"another"' } });
  expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, bytes]);
  expect((await ask(path, { headers: { "if-none-match": `"x", W/${etag}` } })).status).toBe(304);
  const head = await ask(path, { method: "HEAD" });
  expect([head.status, Number(head.headers.get("content-length"))]).toEqual([200, bytes]);
});

test("captions come with it, the same as the direct answer's", async () => {
  const { ask, submit, ended } = await start();
  const { id } = await submit({ input: text });
  await ended(id);
  for (const format of ["json", "srt", "vtt"]) {
    const direct = await ask("captions", { method: "POST" }, { input: text, captions_format: format });
    const kept = await ask(`jobs/${id}/captions?format=${format}`);
    expect(kept.headers.get("content-type")).toBe(direct.headers.get("content-type"));
    expect(await kept.text()).toBe(await direct.text());
  }
});

test("a job can be followed, and before it is done there is no sound: 409", async () => {
  const { ask, queue, submit } = await start();
  queue.isConnected = false;
  const { id } = await submit({ input: many(40) });
  expect(await errorOf(await ask(`jobs/${id}/audio`))).toEqual([409, "job_not_done"]);
  expect(await errorOf(await ask(`jobs/${id}/captions`))).toEqual([409, "job_not_done"]);
  const events = ask(`jobs/${id}/events`).then((response) => response.text());
  queue.reconnect();
  const seen = [...(await events).matchAll(/^data: (.*)$/gmu)].map(
    ([, json = ""]) => JSON.parse(json) as AudioJobView,
  );
  expect(seen.at(-1)).toMatchObject({ state: "done", done: 40, total: 40 });
  const counts = seen.map(({ done }) => done);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  const running = seen
    .filter(({ state }) => state === "running")
    .map(({ result }) => result as AudioJobResult);
  expect(running.some((result) => result?.audio_seconds > 0)).toBe(true);
});

test("a job is its owner's alone", async () => {
  const { ask, submit, ended } = await start();
  const { id } = await submit({ input: text });
  await ended(id);
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/audio"],
    ["HEAD", "/audio"],
    ["GET", "/captions"],
    ["GET", "/events"],
    ["POST", "/cancel"],
    ["POST", "/retry"],
    ["DELETE", ""],
  ] as const)
    expect((await ask(`jobs/${id}${path}`, { owner: "bob", method })).status, method + path).toBe(404);
  const list = async (owner: string) =>
    ((await (await ask("jobs", { owner })).json()) as { data: AudioJobView[] }).data;
  expect((await list("ann")).map((job) => job.id)).toEqual([id]);
  expect(await list("bob")).toEqual([]);
  expect((await ask(`jobs/${id}/audio`)).status).toBe(200);
});

test("deleting ends a running job, and leaves nothing of any", async () => {
  const { ask, submit, ended, results, look } = await start();
  const done = await submit({ input: text });
  await ended(done.id);
  expect(results()).toHaveLength(2);
  const running = await submit({ input: many(3_000) });
  await expect.poll(async () => (await look(running.id)).done, { interval: 10 }).toBeGreaterThan(0);
  for (const { id } of [running, done]) {
    expect((await ask(`jobs/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await ask(`jobs/${id}`)).status).toBe(404);
  }
  expect(results()).toEqual([]);
});

test.each([
  ["no text", {}, "invalid_request"],
  ["nothing to say", { input: "... !" }, "invalid_request"],
  ["an unknown voice", { input: "a", voice: "nobody" }, "voice_not_found"],
  ["broken markup", { input: "<speak>a</speak", input_format: "ssml" }, "ssml_malformed"],
])("refuses %s at once", async (_what, body, code) => {
  const { ask } = await start();
  expect(await errorOf(await ask("jobs", { method: "POST" }, body))).toEqual([400, code]);
});

test("so many jobs wait; one more is refused until there is room, and was never taken", async () => {
  const { ask, queue, submit, ended } = await start(undefined, { MAX_JOBS_WAITING: "2" });
  queue.isConnected = false;
  const ids = [(await submit({ input: "One." })).id, (await submit({ input: "Two." })).id];
  const refused = await ask("jobs", { method: "POST" }, { input: "Three." });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await errorOf(refused)).toEqual([429, "queue_full"]);
  // The same text that waits is the same job.
  expect((await submit({ input: "Two." })).id).toBe(ids[1]);
  queue.reconnect();
  for (const id of ids) await ended(id);
  await submit({ input: "Three." });
});

test("while valkey is away jobs are taken and wait, and readiness says so", async () => {
  const { url, queue, submit, ended } = await start();
  queue.isConnected = false;
  const { id } = await submit({ input: text });
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([200, expect.stringContaining("valkey")]);
  queue.reconnect();
  await ended(id);
});

test("results make room for newer ones, oldest first, and a job whose result is gone says so: 410", async () => {
  const { ask, submit, ended, folder, close } = await start(undefined, { RESULTS_MAX_BYTES: "500000" });
  const jobs: AudioJobView[] = [];
  for (const input of ["Alpha, the first.", `Beta. ${text}`, `Gamma. ${text}`]) {
    const { id } = await submit({ input, response_format: "wav" });
    jobs.push(await ended(id));
  }
  const statuses = (of: typeof ask) =>
    Promise.all(jobs.map(async ({ id }) => (await of(`jobs/${id}/audio`)).status));
  expect(await statuses(ask)).toEqual([410, 410, 200]);
  expect(await errorOf(await ask(`jobs/${jobs[0]?.id}/captions`))).toEqual([410, "result_gone"]);
  const tooLong = await submit({ input: many(20), response_format: "wav" });
  expect((await ended(tooLong.id, "failed")).error).toMatch(/^storage_full/u);
  await close();
  // With an age of a third of a second, what is left is too old when the service starts again.
  await new Promise((resolve) => setTimeout(resolve, 400));
  const again = await start(folder, { RESULTS_MAX_AGE_H: "0.0001" });
  expect(await statuses(again.ask)).toEqual([410, 410, 410]);
  expect(again.results()).toEqual([]);
});

test("a disk that is full fails the job with storage_full, and leaves no half file", async () => {
  const { queue, submit, ended, folder, results, ask } = await start();
  queue.isConnected = false;
  const { id } = await submit({ input: text, response_format: "wav" });
  // The kernel's own full disk.
  symlinkSync("/dev/full", join(folder, "cache-jobs", "results", `${id}.audio.partial`));
  queue.reconnect();
  expect((await ended(id, "failed")).error).toMatch(/^storage_full: .*ENOSPC/u);
  expect(results()).toEqual([]);
  expect((await ask(`jobs/${id}/retry`, { method: "POST" })).status).toBe(200);
  await ended(id);
});

test("without a place for jobs the service speaks, and says why there are none", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "cache-jobs"), "no folder");
  const { ask, url } = await start(folder);
  expect((await ask("speech", { method: "POST" }, { input: "Still here." })).status).toBe(200);
  expect(await errorOf(await ask("jobs", { method: "POST" }, { input: "a" }))).toEqual([
    503,
    "storage_unavailable",
  ]);
  expect(await (await fetch(`${url}/readyz`)).text()).toContain("there are no jobs");
});
