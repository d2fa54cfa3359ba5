import { existsSync } from "node:fs";

import { AppError } from "@benchai/contract/errors";
import type { SearchRequest } from "@benchai/contract/rag";

import { type Asked, evaluationTable, type ModeResult, worstQuestions } from "./core/evaluation.ts";
import type { EvalQuestion } from "./core/known-items.ts";
import type { KnowledgeConfig } from "./edge/config.ts";
import { migrations } from "./edge/store/migrations.ts";
import { openReader, schemaVersion } from "./edge/store/open.ts";
import { questionsFor } from "./eval-questions.ts";
import { withQueryEmbedding } from "./query-embedding.ts";
import { searchPorts } from "./search-ports.ts";
import { search, type SearchPorts } from "./search.ts";
import { startReaders } from "./store.ts";

export type EvalOptions = {
  readonly owner: string;
  /** All of the owner's when undefined. */
  readonly collection: string | undefined;
  /** The owner's questions as JSON lines; undefined: they are made of the documents. */
  readonly given: string | undefined;
  /** Also the questions that went worst. */
  readonly isVerbose: boolean;
};

type Mode = NonNullable<SearchRequest["mode"]>;

const modes = [
  { mode: "lexical", name: "words" },
  { mode: "dense", name: "model" },
  { mode: "hybrid", name: "both" },
] as const satisfies readonly { mode: Mode; name: string }[];
/** Long: what is measured shall not be cut off. The service waits for `EMBED_TIMEOUT_MS`. */
const limits = { embedMs: 30_000, rerankMs: 30_000 };

/** Measures the service's own search on an owner's documents, beside the service and without writing. Answers with a report's lines. */
export async function evaluate(
  config: KnowledgeConfig,
  database: string,
  options: EvalOptions,
): Promise<readonly string[]> {
  requireCurrent(database);
  const readers = await startReaders(database, () => undefined);
  try {
    const { questions, notes } = await questionsFor(readers.read, options);
    return await withQueryEmbedding(config, readers, async (embedding) => {
      const ports = searchPorts(config, readers, embedding);
      const results = await askAll(ports, questions, options);
      const model = embedding.model ? [`model: ${embedding.model.fingerprint}`] : [];
      return [...notes, ...model, ...leftOut(ports), "", ...table(results, options)];
    });
  } finally {
    await readers.close();
  }
}

/** The reader does not migrate, and another schema would be misread. */
function requireCurrent(database: string): void {
  if (!existsSync(database))
    throw new AppError("not_found", `there is no database ${database} yet: ./benchai up makes one`);
  const db = openReader(database);
  const version = schemaVersion(db);
  db.close();
  if (version !== migrations.length)
    throw new AppError(
      "storage_unavailable",
      `the database has version ${version} and this program knows ${migrations.length}: ./benchai up brings both together`,
    );
}

async function askAll(
  ports: SearchPorts,
  questions: readonly EvalQuestion[],
  options: EvalOptions,
): Promise<readonly ModeResult[]> {
  const results: ModeResult[] = [];
  for (const { mode, name } of modes) {
    if (mode !== "lexical" && ports.denseProblem() !== undefined) continue;
    const asked: Asked[] = [];
    // The first one loads what all others find loaded, so it is asked twice.
    for (const question of questions.slice(0, 1)) await ask(ports, question, mode, options);
    for (const question of questions) asked.push(await ask(ports, question, mode, options));
    results.push({ mode: name, asked });
  }
  return results;
}

async function ask(
  ports: SearchPorts,
  { question, paths }: EvalQuestion,
  mode: Mode,
  { owner, collection }: EvalOptions,
): Promise<Asked> {
  const among = collection === undefined ? {} : { collections: [collection] };
  const { results, legs, took_ms } = await search(ports, limits, owner, { query: question, mode, ...among });
  const [failure] = legs.notes;
  if (failure !== undefined)
    throw new AppError("embedder_unavailable", `${JSON.stringify(question)} was not measured: ${failure}`);
  return { question, paths, found: [...new Set(results.map(({ source }) => source))], ms: took_ms };
}

function leftOut(ports: SearchPorts): readonly string[] {
  const problem = ports.denseProblem();
  return problem === undefined ? [] : [`by words alone: ${problem}`];
}

function table(results: readonly ModeResult[], { isVerbose }: EvalOptions): readonly string[] {
  const worst = results.at(-1);
  return [...evaluationTable(results), ...(isVerbose && worst ? ["", ...worstQuestions(worst)] : [])];
}
