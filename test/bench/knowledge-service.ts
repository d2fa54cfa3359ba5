/**
 * Measures the knowledge service as its callers meet it, over HTTP, and prints Markdown: how fast a folder of Markdown is indexed on
 * one core, beside what SQLite's full-text index alone takes for it; how long whole searches take in 100,000 chunks (the question's
 * own embedding included) while nothing else goes on, and while a folder is indexed and embedded; and an Obsidian vault of 16,000
 * notes. `node test/bench/knowledge-service.ts [--chunks 100000] [--megabytes 40] [--only index,search,vault]`. Linux; the folder is
 * indexed by the service's own watcher, so no Valkey is needed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { toUnit } from "../../services/knowledge/src/core/unit-vector.ts";
import { startUseLiteEmbedder } from "../../services/knowledge/src/edge/embedder/use-lite.ts";
import { openWriter } from "../../services/knowledge/src/edge/store/open.ts";
import { embeddingModel, putVectors } from "../../services/knowledge/src/edge/store/vectors.ts";
import { plainCollection } from "../../services/knowledge/test/plain-chunks.ts";
import { realisticNotes } from "../../services/knowledge/test/support/realistic-notes.ts";
import { bareIndexCpuS } from "./bare-index.ts";
import { KnowledgeProcess } from "./knowledge-process.ts";
import { measureVault } from "./knowledge-vault.ts";
import { quantile, seededRandom } from "./stats.ts";
import { ZipfText } from "./zipf.ts";

const { values: given } = parseArgs({
  options: {
    chunks: { type: "string", default: "100000" },
    megabytes: { type: "string", default: "40" },
    only: { type: "string", default: "index,search,vault" },
  },
});
const chunkCount = Number(given.chunks);
const bytes = Number(given.megabytes) * 1_000_000;
const questionCount = 200;
const wordsOfQuestion = 8;

const folder = mkdtempSync(join(tmpdir(), "benchai-knowledge-service-"));
try {
  const rows: string[][] = [];
  if (given.only.includes("index"))
    for (const kilobytes of [20, 2]) rows.push(...(await measureIndexing(kilobytes)));
  if (given.only.includes("search")) rows.push(...(await measureSearch()));
  if (given.only.includes("vault")) rows.push(...(await measureVault(placeFor("vault"), say)));
  publish(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** On one core, by words alone: the embedding model is one that cannot be reached. */
async function measureIndexing(kilobytes: number): Promise<string[][]> {
  const place = placeFor(`index-${kilobytes}`);
  const files = layNotes(place.documents, bytes, kilobytes * 1_000);
  const service = await KnowledgeProcess.start({ ...place, core: 0, embedModel: "none" });
  try {
    await service.lagP99Ms();
    const [started, cpuS] = [performance.now(), service.cpuS()];
    await service.addFolder(".");
    await service.indexed();
    const seconds = (performance.now() - started) / 1_000;
    const megabytes = files.bytes / 1e6;
    const cpu = service.cpuS() - cpuS;
    const lagMs = await service.lagP99Ms();
    await service.documents(files.count);
    await service.quiet();
    const restCpu = service.cpuS() - cpuS - cpu;
    const bareS = await bareIndexCpuS(place.documents, join(place.data, "bare.db"));
    return [
      told([
        `indexing ${files.count} notes of ${kilobytes} kB, one core`,
        `${(megabytes / cpu).toFixed(1)} MB per second of CPU, ${(megabytes / seconds).toFixed(1)} MB/s`,
        "at least 5",
      ]),
      told([
        "merging the index afterwards, while nobody writes",
        `${restCpu.toFixed(1)} s of CPU; with it ${(megabytes / (cpu + restCpu)).toFixed(1)} MB per second of CPU`,
        "",
      ]),
      told([
        "SQLite's full-text index alone, the same chunks",
        `${(megabytes / bareS).toFixed(1)} MB per second of CPU; ${(cpu / bareS).toFixed(2)} times that CPU is the whole service's`,
        "",
      ]),
      told(["the API's event-loop lag meanwhile, p99", `${lagMs.toFixed(0)} ms`, "at most 50"]),
    ];
  } finally {
    await service.stop();
  }
}

async function measureSearch(): Promise<string[][]> {
  const place = placeFor("search");
  const questions = await layChunks(join(place.data, "knowledge.db"));
  const service = await KnowledgeProcess.start(place);
  try {
    await service.vectors();
    say("all vectors are there");
    await timed(service, questions.slice(0, 20));
    const alone = told(
      row(`whole search in ${chunkCount} chunks, alone`, await timed(service, questions), "at most 60"),
    );
    const files = layNotes(place.documents, bytes, 2_000);
    await service.lagP99Ms();
    await service.addFolder(".");
    const during = told(
      row("the same, while a folder is indexed and embedded", await timed(service, questions)),
    );
    const lag = told([
      "the API's event-loop lag while it is indexed, p99",
      `${(await service.lagP99Ms()).toFixed(0)} ms`,
      "at most 50",
    ]);
    await service.documents(files.count);
    const embedding = told(row("the same, while its chunks are embedded", await timed(service, questions)));
    return [alone, during, embedding, lag];
  } finally {
    await service.stop();
  }
}

function row(what: string, ms: readonly number[], aim = ""): string[] {
  const sorted = ms.toSorted((a, b) => a - b);
  const [median, p95] = [0.5, 0.95].map((share) => quantile(sorted, share).toFixed(0));
  return [what, `median ${median} ms, p95 ${p95} ms`, aim === "" ? "" : `p95 ${aim}`];
}

async function timed(service: KnowledgeProcess, questions: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const query of questions) {
    const started = performance.now();
    const { legs } = await service.search(query);
    times.push(performance.now() - started);
    if (!legs.lexical || !legs.dense) throw new Error(`a leg was left out: ${legs.notes.join("; ")}`);
    await sleep(20);
  }
  return times;
}

type Place = { readonly data: string; readonly documents: string };

function placeFor(name: string): Place {
  const [data, documents] = [join(folder, name, "data"), join(folder, name, "documents")];
  for (const path of [data, documents]) mkdirSync(path, { recursive: true });
  return { data, documents };
}

/** Real-looking notes, cut or put together to about `size` bytes each. */
function layNotes(to: string, total: number, size: number): { count: number; bytes: number } {
  say(`laying notes of ${size} bytes`);
  const text = Buffer.concat(realisticNotes(total, 1)).toString("utf8");
  let count = 0;
  for (let at = 0; at < text.length; count += 1) {
    const end = text.indexOf("\n\n", at + size);
    const part = join(to, `part-${Math.floor(count / 500)}`);
    if (count % 500 === 0) mkdirSync(part, { recursive: true });
    writeFileSync(join(part, `note-${count}.md`), text.slice(at, end === -1 ? undefined : end));
    at = end === -1 ? text.length : end + 2;
  }
  return { count, bytes: Buffer.byteLength(text) };
}

/** Chunks with words and vectors as real ones are spread; the vectors are not those of the texts, which only ranking would notice. */
async function layChunks(database: string): Promise<readonly string[]> {
  say(`laying ${chunkCount} chunks`);
  const random = seededRandom(1);
  const text = new ZipfText(random);
  const embedder = await startUseLiteEmbedder((error) => {
    throw error;
  });
  await embedder.close();
  const { fingerprint, dimensions } = embedder;
  const db = openWriter(database);
  db.pragma("synchronous = OFF");
  const modelId = embeddingModel(db, { fingerprint, dimensions, nowMs: 0 });
  const { add } = plainCollection(db, "local", "laid");
  for (let from = 0; from < chunkCount; from += 1_000)
    db.transaction(() => {
      const ids = Array.from({ length: Math.min(1_000, chunkCount - from) }, () =>
        add({ title: text.words(5), text: text.words(120) }),
      );
      const vectors = ids.map((chunkId) => ({
        chunkId,
        textSha256: `sha-${chunkId}`,
        unit: toUnit(Array.from({ length: dimensions }, () => random() - 0.5)) ?? new Float32Array(),
      }));
      putVectors(db, { modelId, vectors });
    })();
  db.close();
  return Array.from({ length: questionCount }, () => text.words(wordsOfQuestion));
}

function publish(rows: readonly string[][]): void {
  const head = ["", "measured", "aim"];
  const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  process.stdout.write(
    `${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}.\n\n${table}\n`,
  );
}

/** A row, told at once: whoever has to end the run early keeps what was measured. */
function told(cells: string[]): string[] {
  say(cells.slice(0, 2).join(": "));
  return cells;
}

/** Progress goes to stderr, so that stdout is the report alone. */
function say(text: string): void {
  process.stderr.write(`knowledge-service: ${text} (${process.uptime().toFixed(0)} s)\n`);
}
