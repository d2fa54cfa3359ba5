import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import fc from "fast-check";
import { expect, test } from "vitest";

import { keyOf, spokenOf } from "../../test/cache-samples.ts";
import { temporaryFolder } from "../../test/folder.ts";
import type { Spoken } from "../core/pcm.ts";
import { PcmCache } from "./pcm-cache.ts";
import { hashOf } from "./utterance-key.ts";

const never = new AbortController().signal;
const room = { maxBytes: 10_000_000 };

async function ask(cache: PcmCache, n: number, samples = 1_000): Promise<boolean> {
  const { spoken, isHit } = await cache.get(keyOf(n), async () => spokenOf(n, samples), never);
  expect(spoken).toEqual(spokenOf(n, samples));
  return isHit;
}

function pathOf(folder: string, n: number): string {
  const hash = hashOf(keyOf(n));
  return join(folder, hash.slice(0, 2), hash);
}

/** All bytes of files below the folder, half-written ones too. The cache may delete one between the list and the look. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) =>
        sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}

test("a sentence is made once and is there after a restart, with its words", async () => {
  const folder = temporaryFolder();
  const cache = await PcmCache.open(folder, room);
  expect([await ask(cache, 1), await ask(cache, 1)]).toEqual([false, true]);
  await cache.close();
  const next = await PcmCache.open(folder, room);
  expect([await ask(next, 1), await ask(next, 2)]).toEqual([true, false]);
  await next.close();
  expect(next.problem).toBeUndefined();
});

test("everything that changes the sound is another sentence", () => {
  const key = keyOf(1);
  const others = [
    { ...key, engine: "x" },
    { ...key, fingerprint: "x" },
    { ...key, voice: "x" },
    { ...key, speed: 1.1 },
    { ...key, language: "x" },
    { ...key, language: "" },
    { ...key, ipa: "x" },
    { ...key, text: "x" },
    { ...key, engine: "ton", fingerprint: "e1" },
    { ...key, text: "\ud800" },
    { ...key, text: "\ud801" },
  ];
  expect(new Set([key, ...others].map(hashOf)).size).toBe(others.length + 1);
});

test("50 who ask at once make it once", async () => {
  const cache = await PcmCache.open(temporaryFolder(), room);
  let made = 0;
  const make = async () => {
    made += 1;
    return spokenOf(1);
  };
  const all = await Promise.all(Array.from({ length: 50 }, () => cache.get(keyOf(1), make, never)));
  expect(made).toBe(1);
  for (const { spoken } of all) expect(spoken).toEqual(spokenOf(1));
  await cache.close();
});

test("a failure is not kept", async () => {
  const cache = await PcmCache.open(temporaryFolder(), room);
  const failing = cache.get(keyOf(1), () => Promise.reject(new Error("broken")), never);
  await expect(failing).rejects.toThrow("broken");
  expect(await ask(cache, 1)).toBe(false);
  await cache.close();
});

test("a file that is cut, damaged, longer, or something else is made anew", async () => {
  const folder = temporaryFolder();
  const path = pathOf(folder, 1);
  const spoils = [
    () => truncateSync(path, statSync(path).size - 1),
    () => truncateSync(path, 0),
    () => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(1)])),
    () => rmSync(path),
    () => writeFileSync(path, Buffer.alloc(statSync(path).size)),
    () => {
      rmSync(path);
      mkdirSync(path);
    },
  ];
  for (const isRestarted of [false, true]) {
    for (const spoil of spoils) {
      rmSync(folder, { recursive: true, force: true });
      let cache = await PcmCache.open(folder, { ...room, retryMs: 0 });
      await ask(cache, 1);
      await cache.close();
      cache = await PcmCache.open(folder, { ...room, retryMs: 0 });
      if (!isRestarted) spoil();
      if (isRestarted) {
        spoil();
        await cache.close();
        cache = await PcmCache.open(folder, { ...room, retryMs: 0 });
      }
      expect(await ask(cache, 1)).toBe(false);
      await cache.close();
    }
  }
});

test("any byte of a file on disk that is not as it was written is found", async () => {
  const folder = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
      const cache = await PcmCache.open(folder, room);
      await ask(cache, 1, 100);
      await cache.close();
      const bytes = readFileSync(pathOf(folder, 1));
      bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ bits, at % bytes.length);
      writeFileSync(pathOf(folder, 1), bytes);
      const next = await PcmCache.open(folder, room);
      expect(await ask(next, 1, 100)).toBe(false);
      expect(await ask(next, 1, 100)).toBe(true);
      await next.close();
    }),
    { numRuns: 60 },
  );
});

test("the files never take more than the most, and the least recently used one goes first", async () => {
  const folder = temporaryFolder();
  const maxBytes = 20_000;
  let cache = await PcmCache.open(folder, { maxBytes });
  for (let n = 0; n < 60; n += 1) {
    await ask(cache, n, 1_000);
    // One that is in use all the time stays.
    if (n > 0) expect(await ask(cache, 0, 1_000)).toBe(true);
    expect(bytesIn(folder)).toBeLessThanOrEqual(maxBytes);
    if (n % 20 !== 19) continue;
    await cache.close();
    expect(bytesIn(folder)).toBe(cache.bytes);
    cache = await PcmCache.open(folder, { maxBytes });
  }
  await cache.close();
  const smaller = await PcmCache.open(folder, { maxBytes: 9_000 });
  expect(bytesIn(folder)).toBeLessThanOrEqual(9_000);
  expect(await ask(smaller, 0)).toBe(true);
  await smaller.close();
});

test("a restart keeps the order of use", async () => {
  const folder = temporaryFolder();
  const maxBytes = 12_000;
  const first = await PcmCache.open(folder, { maxBytes });
  for (const n of [1, 2, 3, 4, 5]) await ask(first, n);
  for (const n of [2, 1]) expect(await ask(first, n)).toBe(true);
  await first.close();
  const second = await PcmCache.open(folder, { maxBytes });
  // Room for five: these push out 3, 4 and 5, which were not used again.
  for (const n of [6, 7, 8]) await ask(second, n);
  await second.close();
  const third = await PcmCache.open(folder, { maxBytes });
  expect([1, 2, 3, 4, 5].map((n) => existsSync(pathOf(folder, n)))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  await third.close();
});

test("a sentence of more than a quarter of the room, or any without room, is said and not kept", async () => {
  const folder = temporaryFolder();
  for (const maxBytes of [0, 8_000]) {
    const cache = await PcmCache.open(folder, { maxBytes });
    expect([await ask(cache, 1), await ask(cache, 1)]).toEqual([false, false]);
    await cache.close();
    expect([cache.problem, cache.bytes]).toEqual([undefined, 0]);
  }
});

test("speech goes on without a disk, /health can say so, and a disk that is well again is used", async () => {
  const folder = join(temporaryFolder(), "cache");
  // A file where the folder would be: nobody, not even root, can write below it.
  writeFileSync(folder, "");
  const cache = await PcmCache.open(folder, { ...room, retryMs: 0 });
  expect([await ask(cache, 1), cache.problem]).toEqual([false, expect.stringContaining("not cached")]);
  rmSync(folder);
  await ask(cache, 2);
  await expect.poll(() => cache.problem).toBeUndefined();
  expect(await ask(cache, 2)).toBe(true);
  await cache.close();
});

test("what was left half-written by a process that is no more is deleted, and by one that lives is not", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "tmp"));
  const dead = spawn("true");
  await once(dead, "close");
  const names = [`${dead.pid}-1`, `${process.pid}-9`, "nonsense", `${process.ppid}-1`];
  for (const name of names) writeFileSync(join(folder, "tmp", name), "half");
  const cache = await PcmCache.open(folder, room);
  expect(readdirSync(join(folder, "tmp"))).toEqual([`${process.ppid}-1`]);
  await cache.close();
});

test("a close ends what is being made and whatever is asked after it", async () => {
  const cache = await PcmCache.open(temporaryFolder(), room);
  const make = (signal: AbortSignal) =>
    new Promise<Spoken>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const asked = cache.get(keyOf(1), make, never).catch((error: unknown) => error);
  await new Promise(setImmediate);
  await cache.close();
  expect(await asked).toMatchObject({ code: "shutting_down" });
  await expect(cache.get(keyOf(2), make, never)).rejects.toMatchObject({ code: "shutting_down" });
});

test(
  "a process that is killed while it writes, 50 times, leaves nothing that is not whole",
  { timeout: 120_000 },
  async () => {
    const folder = temporaryFolder();
    const program = fileURLToPath(new URL("../../test/cache-child.ts", import.meta.url));
    for (let kill = 0; kill < 50; kill += 1) {
      const child = spawn(process.execPath, [program, folder, String(kill * 7)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      // It writes all the time, and tells of each sentence that it has made.
      for (let told = 0; told <= kill; told += 1) await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "close");
    }
    const cache = await PcmCache.open(folder, { maxBytes: 2_000_000 });
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    expect(bytesIn(folder)).toBe(cache.bytes);
    let hits = 0;
    // `ask` compares what is served with what was made.
    for (let n = 0; n < 40; n += 1) {
      if (existsSync(pathOf(folder, n)) && (await ask(cache, n, 50_000))) hits += 1;
    }
    expect(hits).toBeGreaterThan(5);
    await cache.close();
  },
);
