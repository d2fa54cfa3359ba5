import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { Thread } from "@benchai/kernel/thread";

import { openWriter } from "../src/edge/store/open.ts";
import { count, temporaryFolder } from "./folder.ts";
import type { MemoryThreadApi } from "./memory-thread.ts";

const writers = 8;
const each = 1_000;
/** `BENCHAI_FULL=1` runs the figure. */
const kills = process.env["BENCHAI_FULL"] === "1" ? 50 : 8;
const moduleUrl = new URL("memory-thread.ts", import.meta.url);
const die = (error: Error) => {
  if (!/closed|ended/u.test(error.message)) throw error;
};

function threadOn(data: object) {
  const thread = new Thread<MemoryThreadApi>(moduleUrl, data, die);
  onTestFinished(() => thread.close());
  return thread;
}

test(
  `S50: of ${writers} × ${each} adds at once none is lost, none locked, equal ones win once, and reads go on`,
  { timeout: 180_000 },
  async () => {
    const path = join(temporaryFolder(), "knowledge.db");
    const writer = threadOn({ path });
    await writer.ready;
    const reader = threadOn({ path, isReader: true });
    const add = (content: string, nowMs: number) =>
      writer.call.addMemory({ owner: "ann", request: { content }, nowMs });
    const read = (query: string) =>
      reader.call.searchMemories({ owner: "ann", query, limit: 20, asOfMs: 1e12, nowMs: 1e12 });
    const startMs = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: writers }, async (_, w) => {
        const shared: string[] = [];
        for (let i = 0; i < each; i += 1) {
          const own = add(`writer ${w} says ${i}`, i);
          // Every writer says the same at nearly the same time, and reads while the others write.
          const equal = i % 10 === 0 ? add(`everybody says ${i}`, i) : undefined;
          expect((await own).outcome).toBe("added");
          if (!equal) continue;
          shared.push((await equal).outcome);
          const said = (await read(String(i))).map(({ content }) => content);
          expect(said).toContain(`writer ${w} says ${i}`);
        }
        return shared;
      }),
    );
    const took = performance.now() - startMs;
    const shared = outcomes.flat();
    expect(shared.filter((outcome) => outcome === "added")).toHaveLength(each / 10);
    expect(shared.filter((outcome) => outcome === "duplicate")).toHaveLength((each / 10) * (writers - 1));
    await writer.close();
    await reader.close();
    const db = openWriter(path);
    expect(count(db, "memories")).toBe(writers * each + each / 10);
    expect(count(db, "memory_index")).toBe(writers * each + each / 10);
    db.close();
    console.info(`${writers} × ${each} adds in ${Math.round(took)} ms, with ${shared.length} reads`);
  },
);

test(`S51: of what was acknowledged nothing is lost by ${kills} SIGKILLs`, { timeout: 300_000 }, async () => {
  const path = join(temporaryFolder(), "knowledge.db");
  const acknowledged: string[] = [];
  let seed = 11;
  for (let kill = 0; kill < kills; kill += 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    const wanted = 1 + (seed % 60);
    acknowledged.push(...(await killedAfter(path, wanted)));
  }
  const db = openWriter(path);
  const ids = new Set(db.prepare("SELECT public_id FROM memories").pluck().all());
  expect(acknowledged.length).toBeGreaterThan(kills);
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  expect(count(db, "memory_index")).toBe(count(db, "memories"));
  db.exec("INSERT INTO memory_index(memory_index) VALUES ('integrity-check')");
  db.close();
});

/** The ids that a child acknowledged, which is killed as soon as it has so many, whatever it does then. */
async function killedAfter(path: string, wanted: number): Promise<string[]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("memory-child.ts", import.meta.url)), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (data: Buffer) => {
    text += data.toString();
    if (text.split("\n").length > wanted) child.kill("SIGKILL");
  });
  await once(child, "close");
  expect(child.signalCode).toBe("SIGKILL");
  return text.split("\n").slice(0, -1);
}
