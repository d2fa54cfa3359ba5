import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { checkIntegrityOfIndex } from "../src/edge/store/index-health.ts";
import type { Db } from "../src/edge/store/open.ts";
import { parseDocument } from "../src/parsers/parse.ts";
import { addFolder, control, ingestRig, type IngestRig } from "./ingest-rig.ts";

const kills = 50;
const files = 120;
const child = fileURLToPath(new URL("crash-child.ts", import.meta.url));
const words = "river stone lamp orbit copper meadow signal harbour velvet engine".split(" ");

/** Every text that was ever written, by its hash: what a visible document may be. */
const versions = new Map<string, string>();

function writeVersion(rig: IngestRig, i: number, version: number): void {
  const sections = Array.from({ length: 12 }, (_, s) => {
    // Only one section changes with the version, so that edits keep chunks.
    const salt = s === version % 12 ? `version${version}` : `stable${s}`;
    const text = Array.from({ length: 220 }, (_word, w) => words[(i * 7 + s * 3 + w) % words.length]).join(
      " ",
    );
    return `## Section ${s}\n\n${salt} ${text}\n`;
  });
  const text = `# Note ${i}\n\n${sections.join("\n")}`;
  versions.set(sha256(text), text);
  rig.write(`n${i}.md`, text);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A child that has loaded its modules, or is about to, and waits to be told. */
function spawnChild(rig: IngestRig, sourceId: number): ChildProcess {
  const command = [child, rig.db.name, rig.root, String(sourceId)];
  return spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] });
}

/** Lets the child index and kills it some time after it began; answers with what it acknowledged. */
async function runAndKill(indexer: ChildProcess, afterMs: number) {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const exited = new Promise<void>((resolve) => indexer.once("close", () => resolve()));
  let output = "";
  indexer.stdout?.on("data", (bytes: Buffer) => {
    output += bytes.toString();
    if (output.includes("begin\n")) begin();
  });
  indexer.stdin?.write("go");
  await Promise.race([begun, exited]);
  await Promise.race([sleep(afterMs), exited]);
  indexer.kill("SIGKILL");
  await exited;
  const lines = output.split("\n").slice(0, -1);
  const acknowledged = lines.filter((l) => l.startsWith("ack ")).map((l) => l.split(" ").slice(1));
  return { acknowledged, wasInterrupted: !lines.includes("end"), hadBegun: lines.includes("begin") };
}

type Visible = { id: number; path: string; sha256: string };

function visible(db: Db): Visible[] {
  return db.prepare<[], Visible>("SELECT id, path, content_sha256 AS sha256 FROM documents").all();
}

async function expectWhole(db: Db, { id, path, sha256: hash }: Visible): Promise<void> {
  const text = versions.get(hash);
  expect(text, `${path} is a version that was written`).toBeDefined();
  const stored = db
    .prepare<[number], { startLine: number; endLine: number; text: string }>(
      `SELECT k.start_line AS startLine, k.end_line AS endLine, i.body AS text
       FROM chunks k JOIN chunk_index i ON i.rowid = k.id WHERE k.document_id = ? ORDER BY k.ordinal`,
    )
    .all(id);
  const { chunks } = await parseDocument({ path, bytes: Buffer.from(text ?? "") });
  expect(stored).toEqual(chunks.map((c) => ({ startLine: c.startLine, endLine: c.endLine, text: c.text })));
}

it(`S51: SIGKILL at ${kills} random points of indexing leaves no orphan and no half document, and loses nothing`, async () => {
  using rig = ingestRig();
  const id = addFolder(rig);
  const alive = new Set(Array.from({ length: files }, (_, i) => i));
  for (const i of alive) writeVersion(rig, i, 0);
  let interrupted = 0;
  let acknowledgedInAll = 0;
  // Follows the machine's speed, so that about two runs of three are cut, and not all of them at their beginning.
  let windowMs = 400;
  let next = spawnChild(rig, id);
  for (let round = 1; round <= kills; round += 1) {
    const indexer = next;
    const killed = runAndKill(indexer, Math.random() * windowMs);
    // The next one starts up meanwhile.
    next = spawnChild(rig, id);
    const { acknowledged, wasInterrupted, hadBegun } = await killed;
    expect(hadBegun).toBe(true);
    interrupted += wasInterrupted ? 1 : 0;
    windowMs *= wasInterrupted ? 1.1 : 0.8;
    acknowledgedInAll += acknowledged.length;
    expect(Object.values(checkIntegrityOfIndex(rig.db)).every((n) => n === 0)).toBe(true);
    const documents = visible(rig.db);
    const byPath = new Map(documents.map((d) => [d.path, d]));
    for (const [path = "", hash] of acknowledged) expect(byPath.get(path)?.sha256).toBe(hash);
    // All of them at the end; after each kill, those that this run may have torn.
    for (const document of documents.filter((_, n) => n % 5 === round % 5))
      await expectWhole(rig.db, document);
    for (let n = 0; n < 40; n += 1) {
      const i = Math.floor(Math.random() * files);
      if (n < 36 || !alive.has(i)) {
        writeVersion(rig, i, round);
        alive.add(i);
      } else {
        rmSync(join(rig.root, `n${i}.md`));
        alive.delete(i);
      }
    }
  }
  next.kill("SIGKILL");
  // A run that was never cut proves nothing: most must have been.
  expect(interrupted).toBeGreaterThan(kills / 2);
  expect(acknowledgedInAll).toBeGreaterThan(kills);
  await rig.ingest.indexFolder(id, control());
  const documents = visible(rig.db);
  expect(documents.map((d) => d.path).toSorted()).toEqual([...alive].map((i) => `n${i}.md`).toSorted());
  for (const document of documents) await expectWhole(rig.db, document);
  expect(rig.db.pragma("integrity_check", { simple: true })).toBe("ok");
}, 300_000);
