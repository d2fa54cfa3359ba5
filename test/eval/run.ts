/**
 * Measures retrieval on sets in BEIR's form through the service's own schema, query builder, vectors and fusion.
 * `npm run eval -- --data DIR [--mode lexical,dense,hybrid] [--queries N] [--doc]`: DIR is a set or holds several; N takes the first queries only;
 * `--doc` puts the table into docs/knowledge.md. Vectors are kept in .benchai/eval-vectors.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { startEnergeticEmbedder } from "../../services/knowledge/src/edge/embedder/energetic.ts";
import { root } from "../support/images.ts";
import { type BeirSet, readBeirSets } from "./beir.ts";
import { cachedEmbedder } from "./cached-embedder.ts";
import { layGround } from "./ground.ts";
import { type Mode, modes, type Score, scoreMode } from "./modes.ts";

const { values: given } = parseArgs({
  options: {
    data: { type: "string" },
    mode: { type: "string", default: modes.join(",") },
    queries: { type: "string" },
    doc: { type: "boolean", default: false },
  },
});
if (given.data === undefined) throw new Error("--data DIR names a folder with sets in BEIR's form");
const chosen = given.mode.split(",").map(modeNamed);
const queryCount = given.queries === undefined ? Infinity : Number(given.queries);
if (!(queryCount >= 1)) throw new Error("--queries takes a number from 1 on");

const folder = mkdtempSync(join(tmpdir(), "benchai-eval-"));
const fail = (error: Error) => {
  throw error;
};
const embedder = chosen.some((mode) => mode !== "lexical")
  ? cachedEmbedder(await startEnergeticEmbedder(fail), join(root, ".benchai/eval-vectors"))
  : undefined;
try {
  const rows = [];
  for (const set of readBeirSets(given.data)) rows.push(...(await measure(set)));
  publish(rows);
} finally {
  await embedder?.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(set: BeirSet): Promise<string[]> {
  const ground = await layGround(set, folder, embedder, say);
  const queries = set.queries.slice(0, queryCount);
  const rows = [];
  for (const mode of chosen) {
    say(`${set.name}: ${mode}`);
    rows.push(row(set, queries.length, mode, await scoreMode(ground, mode, queries)));
  }
  ground.db.close();
  return rows;
}

function row(set: BeirSet, queries: number, mode: Mode, score: Score): string {
  const ndcg = `${score.ndcg10.toFixed(4)} ± ${score.error.toFixed(4)}`;
  const cells = [
    set.name,
    set.documents.length,
    queries,
    mode,
    ndcg,
    score.recall10.toFixed(4),
    score.recall100.toFixed(4),
  ];
  return `| ${cells.join(" | ")} |`;
}

function publish(rows: readonly string[]): void {
  const head = ["set", "documents", "queries", "mode", "nDCG@10 ± standard error", "recall@10", "recall@100"];
  const table = [`| ${head.join(" | ")} |`, `|${" --- |".repeat(head.length)}`, ...rows].join("\n");
  const model = embedder ? `Embedder: \`${embedder.fingerprint}\`.\n\n` : "";
  process.stdout.write(`${model}${table}\n`);
  if (given.doc) writeDoc(`${model}${table}`);
}

/** Puts the table between the two marks of docs/knowledge.md. */
function writeDoc(text: string): void {
  const path = join(root, "docs/knowledge.md");
  const page = readFileSync(path, "utf8");
  const marked = /(<!-- eval -->\n)[\s\S]*(<!-- end of eval -->)/;
  if (!marked.test(page)) throw new Error(`${path} has no marks <!-- eval --> and <!-- end of eval -->`);
  writeFileSync(
    path,
    page.replace(marked, (_all, first: string, last: string) => `${first}\n${text}\n\n${last}`),
  );
}

function modeNamed(name: string): Mode {
  const mode = modes.find((one) => one === name);
  if (mode) return mode;
  throw new Error(`no mode '${name}'; there are ${modes.join(", ")}`);
}

/** Progress goes to stderr, so that stdout is the report alone. */
function say(text: string): void {
  process.stderr.write(`eval: ${text} (${process.uptime().toFixed(0)} s)\n`);
}
