import type { Mode, Score } from "./modes.ts";

/** What a set gave in each way to search. */
export type SetResult = {
  readonly name: string;
  readonly documents: number;
  readonly queries: number;
  readonly scores: Readonly<Record<Mode, Score>>;
};

/** How the page calls the public sets, and what is in them. */
const known: Readonly<
  Record<string, { readonly name: string; readonly queries: string; readonly documents: string }>
> = {
  scifact: { name: "SciFact", queries: "claims", documents: "abstracts" },
  cosqa: { name: "CoSQA", queries: "questions", documents: "pieces of code" },
};

/** The table of docs/knowledge.md: nDCG@10 by words alone, by the model alone, and by both; the set with the best words first. */
export function docTable(results: readonly SetResult[]): string {
  const rows = results
    .toSorted((a, b) => b.scores.lexical.ndcg10 - a.scores.lexical.ndcg10)
    .map((result) => [setText(result), ...cells(result)]);
  const lines = [["set", "words", "model", "both"], ...rows].map((row) => `| ${row.join(" | ")} |`);
  return [lines[0], "|---|---|---|---|", ...lines.slice(1)].join("\n");
}

/** The page with the table between its marks. */
export function withDocTable(page: string, results: readonly SetResult[]): string {
  const marked = /(<!-- eval -->\n)[^]*(<!-- end of eval -->)/;
  if (!marked.test(page)) throw new Error("the page has no marks <!-- eval --> and <!-- end of eval -->");
  return page.replace(marked, (_all, first: string, last: string) => `${first}${docTable(results)}\n${last}`);
}

function setText({ name, documents, queries }: SetResult): string {
  const words = known[name] ?? { name, queries: "questions", documents: "documents" };
  const count = (n: number) => n.toLocaleString("en-US");
  return `${words.name} (${count(queries)} ${words.queries}, ${count(documents)} ${words.documents})`;
}

function cells({ scores }: SetResult): readonly string[] {
  return [scores.lexical, scores.dense, scores.hybrid].map(({ ndcg10 }) => ndcg10.toFixed(3));
}
