import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { docTable, type SetResult, withDocTable } from "../eval/doc-table.ts";

const score = (ndcg10: number) => ({ ndcg10, error: 0.02, recall10: 0.8, recall100: 0.9 });
const results: readonly SetResult[] = [
  {
    name: "cosqa",
    documents: 6_267,
    queries: 500,
    scores: { lexical: score(0.39649), dense: score(0.06), hybrid: score(0.397) },
  },
  {
    name: "scifact",
    documents: 5_183,
    queries: 300,
    scores: { lexical: score(0.704), dense: score(0.2031), hybrid: score(0.709) },
  },
  {
    name: "mine",
    documents: 12,
    queries: 3,
    scores: { lexical: score(0.1), dense: score(1), hybrid: score(0) },
  },
];
const table = `
| set | words | model | both |
|---|---|---|---|
| SciFact (300 claims, 5,183 abstracts) | 0.704 | 0.203 | 0.709 |
| CoSQA (500 questions, 6,267 pieces of code) | 0.396 | 0.060 | 0.397 |
| mine (3 questions, 12 documents) | 0.100 | 1.000 | 0.000 |`.trim();

test("an evaluation's table has a line for each set, with nDCG@10 by words, by the model and by both", () => {
  expect(docTable(results)).toBe(table);
});

test("the table takes the place of the one between the page's marks, and nothing else changes", () => {
  const page = "# A\n\n<!-- eval -->\n| old |\n<!-- end of eval -->\n\nrest $& $1\n";
  expect(withDocTable(page, results)).toBe(
    `# A\n\n<!-- eval -->\n${table}\n<!-- end of eval -->\n\nrest $& $1\n`,
  );
  expect(() => withDocTable("# A\n", results)).toThrow(/no marks/);
});

test("the page has the table in the form in which `npm run eval -- --doc` writes it", () => {
  const page = readFileSync(new URL("../../docs/knowledge.md", import.meta.url), "utf8");
  const lines = withDocTable(page, results).split("\n");
  const shape = (text: string) => text.replaceAll(/\d\.\d{3}/g, "0.000");
  const shapes = new Set(lines.map(shape));
  const own = /<!-- eval -->\n([^]*)\n<!-- end of eval -->/.exec(page)?.[1]?.split("\n") ?? [];
  expect(own).toHaveLength(4);
  for (const line of own) expect(shapes).toContain(shape(line));
});
