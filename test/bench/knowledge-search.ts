/**
 * Measures search over 100,000 chunks of 120 words and 384 dimensions, and prints Markdown.
 * `node test/bench/knowledge-search.ts [--chunks 100000] [--queries 100] [--sqlite-vec FOLDER]`; FOLDER is where
 * `npm install --prefix FOLDER sqlite-vec` was run: it is no dependency, and not measured without.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { denseTrust, fuse } from "../../services/knowledge/src/core/fusion.ts";
import { queryTerms } from "../../services/knowledge/src/core/query.ts";
import { dot, toUnit } from "../../services/knowledge/src/core/unit-vector.ts";
import type { SearchScope } from "../../services/knowledge/src/edge/store/hits.ts";
import { lexicalSearch } from "../../services/knowledge/src/edge/store/lexical.ts";
import { type Db, openReader, openWriter } from "../../services/knowledge/src/edge/store/open.ts";
import { embeddingModel, putVectors } from "../../services/knowledge/src/edge/store/vectors.ts";
import { cosines, denseSearch } from "../../services/knowledge/src/edge/vectors/dense-search.ts";
import { VectorMatrix } from "../../services/knowledge/src/edge/vectors/matrix.ts";
import { compileScan } from "../../services/knowledge/src/edge/vectors/scan.ts";
import { plainCollection } from "../../services/knowledge/test/plain-chunks.ts";
import { seededRandom } from "./stats.ts";
import { ZipfText } from "./zipf.ts";

const { values: given } = parseArgs({
  options: {
    chunks: { type: "string", default: "100000" },
    queries: { type: "string", default: "100" },
    "sqlite-vec": { type: "string" },
  },
});
const chunkCount = Number(given.chunks);
const dimensions = 384;
const wordsOfChunk = 120;
const wordsOfQuery = 8;
const k = 10;
const legDepth = 100;
/** A tenth of the chunks lie in a second collection, so that "one of two" is a real filter. */
const shareOfOther = 0.1;

const random = seededRandom(1);
const folder = mkdtempSync(join(tmpdir(), "benchai-knowledge-search-"));
try {
  const file = join(folder, "knowledge.db");
  say(`laying ${chunkCount} chunks`);
  const ground = await layGround(file);
  const reader = openReader(file);
  measure(reader, ground);
  reader.close();
  ground.writer.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

type Question = { readonly text: string; readonly unit: Float32Array };
type Ground = Awaited<ReturnType<typeof layGround>>;

async function layGround(file: string) {
  const writer = openWriter(file);
  writer.pragma("synchronous = OFF");
  const text = new ZipfText(random);
  const near = clusters(200);
  const modelId = embeddingModel(writer, { fingerprint: "bench", dimensions, nowMs: 0 });
  const units: Float32Array[] = [];
  const laid = (name: string, count: number) => {
    const { scope, add } = plainCollection(writer, "local", name);
    writer.transaction(() => {
      for (let i = 0; i < count; i += 1) add({ title: text.words(5), text: text.words(wordsOfChunk) });
    })();
    return scope;
  };
  const other = laid("other", Math.round(chunkCount * shareOfOther));
  const one = laid("notes", chunkCount - Math.round(chunkCount * shareOfOther));
  const matrix = new VectorMatrix((await compileScan())(), dimensions);
  for (let from = 1; from <= chunkCount; from += 1_000) {
    const vectors = Array.from({ length: Math.min(1_000, chunkCount - from + 1) }, (_, i) => ({
      chunkId: from + i,
      textSha256: `sha-${from + i}`,
      unit: near(),
    }));
    units.push(...vectors.map(({ unit }) => unit));
    matrix.add(putVectors(writer, { modelId, vectors }));
  }
  const questions = Array.from({ length: Number(given.queries) }, () => ({
    text: text.words(wordsOfQuery),
    unit: near(),
  }));
  const all = { ...one, collectionIds: [...one.collectionIds, ...other.collectionIds] };
  return { writer, matrix, modelId, units, questions, all, one };
}

function measure(db: Db, ground: Ground): void {
  const { matrix, modelId, questions, units, all, one } = ground;
  const allowed = { collections: new Set(all.collectionIds), documents: "all" } as const;
  const dense = ({ unit }: Question, limit: number) =>
    denseSearch(db, matrix, { modelId, unit, allowed, limit });
  const lexical = ({ text }: Question, scope: SearchScope) =>
    lexicalSearch(db, { terms: queryTerms(text), scope, documents: "all", limit: legDepth });
  const whole = (question: Question) => {
    const [found, near] = [lexical(question, all), dense(question, legDepth)];
    const known = cosines(db, { modelId, unit: question.unit, chunkIds: found.map((hit) => hit.chunkId) });
    return fuse({ lexical: found, dense: near, cosines: known }, denseTrust("bench")).slice(0, k);
  };
  const scan = timed(questions, (question) => matrix.search(question.unit, allowed, 50));
  const rows = [
    row("vector scan, int8", scan),
    row(
      "vector scan and rescoring, 10 of 50",
      timed(questions, (question) => dense(question, k)),
    ),
    row(
      "full text, all collections",
      timed(questions, (question) => lexical(question, all)),
    ),
    row(
      "full text, the larger of the collections",
      timed(questions, (question) => lexical(question, one)),
    ),
    row("whole search: both legs to 100, fused; the query's embedding not in it", timed(questions, whole)),
    ...beside(units, questions, scan),
  ];
  const head = ["", "CPU ms, median", "CPU ms, p95", "wall ms, median", "wall ms, p95"];
  const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const recall = recallOf(ground, (question) => dense(question, k).map((hit) => hit.chunkId));
  process.stdout.write(
    `${chunkCount} chunks of ${wordsOfChunk} words with Zipf's frequencies, ${dimensions} dimensions; ${questions.length} questions of ` +
      `${wordsOfQuery} words drawn alike. ${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}.\n\n` +
      `${table}\n\nRecall@${k} against exact floats: ${recall.toFixed(4)}.\n`,
  );
}

type Times = { readonly cpuMs: readonly number[]; readonly wallMs: readonly number[] };

/** A first round that does not count warms caches and compiler. */
function timed(questions: readonly Question[], work: (question: Question) => unknown): Times {
  for (const question of questions) work(question);
  const times = questions.map((question) => {
    const [cpu, started] = [process.cpuUsage(), performance.now()];
    work(question);
    const { user, system } = process.cpuUsage(cpu);
    return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - started };
  });
  return { cpuMs: times.map((t) => t.cpuMs), wallMs: times.map((t) => t.wallMs) };
}

function row(what: string, { cpuMs, wallMs }: Times): string[] {
  return [
    what,
    ...[cpuMs, wallMs].flatMap((ms) => [0.5, 0.95].map((share) => quantile(ms, share).toFixed(1))),
  ];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? NaN;
}

/** The same vectors in sqlite-vec's float table, in this process. */
function beside(units: readonly Float32Array[], questions: readonly Question[], scan: Times): string[][] {
  const prefix = given["sqlite-vec"];
  if (prefix === undefined) return [["sqlite-vec, float", "not measured", "", "", ""]];
  const { getLoadablePath } = createRequire(join(prefix, "package.json"))("sqlite-vec") as {
    readonly getLoadablePath: () => string;
  };
  const db = openWriter(":memory:");
  db.loadExtension(getLoadablePath());
  db.exec(`CREATE VIRTUAL TABLE vectors USING vec0(unit float[${dimensions}])`);
  const insert = db.prepare("INSERT INTO vectors(rowid, unit) VALUES (?, ?)");
  db.transaction(() => {
    for (const [i, unit] of units.entries()) insert.run(BigInt(i + 1), unit);
  })();
  const search = db.prepare("SELECT rowid FROM vectors WHERE unit MATCH ? AND k = 50");
  const theirs = timed(questions, ({ unit }) => search.all(unit));
  db.close();
  const ratio = quantile(scan.cpuMs, 0.5) / quantile(theirs.cpuMs, 0.5);
  return [
    row("sqlite-vec, float", theirs),
    ["the scan's share of sqlite-vec's", ratio.toFixed(3), "", "", ""],
  ];
}

function recallOf({ questions, units }: Ground, search: (question: Question) => readonly number[]): number {
  const shares = questions.map((question) => {
    const exact = units
      .map((unit, i) => ({ chunkId: i + 1, score: dot(unit, question.unit) }))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, k);
    const found = new Set(search(question));
    return exact.filter(({ chunkId }) => found.has(chunkId)).length / k;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Unit vectors around some centres, as texts lie around their subjects. */
function clusters(count: number): () => Float32Array {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Array.from({ length: count }, () => Float32Array.from({ length: dimensions }, normal));
  return () => {
    const centre = centres[Math.floor(random() * count)];
    return (
      toUnit(Array.from({ length: dimensions }, (_, i) => (centre?.[i] ?? 0) + normal())) ??
      new Float32Array()
    );
  };
}

/** Progress goes to stderr, so that stdout is the report alone. */
function say(text: string): void {
  process.stderr.write(`knowledge-search: ${text} (${process.uptime().toFixed(0)} s)\n`);
}
