/**
 * Measures retrieval on sets in BEIR's form through the service's own schema, query builder, vectors and fusion.
 * `npm run eval -- --data DIR [--mode lexical,dense,hybrid] [--queries N] [--doc]`: DIR is a set or holds several; N takes the first queries only;
 * `--doc` puts the table of all questions in all modes into docs/knowledge.md. Vectors are kept in .benchai/eval-vectors.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { startUseLiteEmbedder } from "../../services/knowledge/src/edge/embedder/use-lite.ts";
import { root } from "../support/images.ts";
import { type BeirSet, readBeirSets } from "./beir.ts";
import { cachedEmbedder } from "./cached-embedder.ts";
import { type SetResult, withDocTable } from "./doc-table.ts";
import { layGround } from "./ground.ts";
import { type Mode, modes, type Score, scoreMode } from "./modes.ts";

type Measured = Omit<SetResult, "scores"> & { readonly scores: Readonly<Partial<Record<Mode, Score>>> };

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
if (given.doc && (queryCount !== Infinity || chosen.length < modes.length))
  throw new Error("--doc writes what all questions gave in all modes: leave --queries and --mode out");

const folder = mkdtempSync(join(tmpdir(), "benchai-eval-"));
const fail = (error: Error) => {
  throw error;
};
const embedder = chosen.some((mode) => mode !== "lexical")
  ? cachedEmbedder(await startUseLiteEmbedder(fail), join(root, ".benchai/eval-vectors"))
  : undefined;
try {
  const results = [];
  for (const set of readBeirSets(given.data)) results.push(await measure(set));
  publish(results);
} finally {
  await embedder?.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(set: BeirSet): Promise<Measured> {
  const ground = await layGround(set, folder, embedder, say);
  const queries = set.queries.slice(0, queryCount);
  const scores: Partial<Record<Mode, Score>> = {};
  for (const mode of chosen) {
    say(`${set.name}: ${mode}`);
    scores[mode] = await scoreMode(ground, mode, queries);
  }
  ground.db.close();
  return { name: set.name, documents: set.documents.length, queries: queries.length, scores };
}

/** The full report goes to stdout; the page gets the table that it has room for. */
function publish(results: readonly Measured[]): void {
  const head = ["set", "documents", "queries", "mode", "nDCG@10 ± standard error", "recall@10", "recall@100"];
  const table = [`| ${head.join(" | ")} |`, `|${" --- |".repeat(head.length)}`, ...results.flatMap(rowsOf)];
  const model = embedder ? `Embedder: \`${embedder.fingerprint}\`.\n\n` : "";
  process.stdout.write(`${model}${table.join("\n")}\n`);
  if (!given.doc) return;
  const path = join(root, "docs/knowledge.md");
  writeFileSync(path, withDocTable(readFileSync(path, "utf8"), results.filter(isWhole)));
}

function rowsOf({ name, documents, queries, scores }: Measured): string[] {
  return Object.entries(scores).map(([mode, { ndcg10, error, recall10, recall100 }]) => {
    const ndcg = `${ndcg10.toFixed(4)} ± ${error.toFixed(4)}`;
    return `| ${[name, documents, queries, mode, ndcg, recall10.toFixed(4), recall100.toFixed(4)].join(" | ")} |`;
  });
}

/** `--doc` was refused without all modes, so there are all. */
function isWhole(result: Measured): result is SetResult {
  return modes.every((mode) => result.scores[mode] !== undefined);
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
