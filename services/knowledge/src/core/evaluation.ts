import type { EvalQuestion } from "./known-items.ts";
import { mean, ndcg, quantile, recall, reciprocalRank, standardError } from "./retrieval-metrics.ts";

/** How a question went: the documents that were shown, best first, each once, and how long that took. */
export type Asked = EvalQuestion & {
  readonly found: readonly string[];
  readonly ms: number;
};

/** A way to search, as it is called in the table, and how the questions went with it. */
export type ModeResult = { readonly mode: string; readonly asked: readonly Asked[] };

/** What a search shows. */
const depth = 10;
const worstShown = 10;

function scores({ paths, found }: Asked) {
  const judgements = new Map(paths.map((path) => [path, 1]));
  return {
    ndcg: ndcg(found, judgements, depth),
    recall: recall(found, judgements, depth),
    reciprocal: reciprocalRank(found, judgements, depth),
  };
}

/** The table of all modes, a line each. */
export function evaluationTable(results: readonly ModeResult[]): readonly string[] {
  const head = ["search by", "nDCG@10", "recall@10", "MRR@10", "p50 ms", "p95 ms"];
  const rows = results.map(({ mode, asked }) => {
    const all = asked.map(scores);
    const ndcgs = all.map((score) => score.ndcg);
    const times = asked.map(({ ms }) => ms);
    return [
      mode,
      `${mean(ndcgs).toFixed(3)} ± ${standardError(ndcgs).toFixed(3)}`,
      mean(all.map((score) => score.recall)).toFixed(3),
      mean(all.map((score) => score.reciprocal)).toFixed(3),
      quantile(times, 0.5).toFixed(1),
      quantile(times, 0.95).toFixed(1),
    ];
  });
  return aligned([head, ...rows]);
}

/** The questions that went worst in a mode, with what was shown instead of what was wanted. */
export function worstQuestions({ mode, asked }: ModeResult): readonly string[] {
  const worst = asked
    .map((one) => ({ ...one, score: scores(one).ndcg }))
    .filter(({ score }) => score < 1)
    .toSorted((a, b) => a.score - b.score)
    .slice(0, worstShown);
  if (worst.length === 0) return [`every question found its document first, by ${mode}`];
  return [
    `worst by ${mode}:`,
    ...worst.map(
      ({ score, question, paths, found }) =>
        `  ${score.toFixed(2)}  ${question}  wanted ${paths.join(", ")}  found ${found[0] ?? "nothing"}`,
    ),
  ];
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
