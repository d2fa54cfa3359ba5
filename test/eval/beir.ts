import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import type { Judgements } from "../../services/knowledge/src/core/retrieval-metrics.ts";

type BeirDocument = { readonly id: string; readonly title: string; readonly text: string };
export type BeirQuery = { readonly id: string; readonly text: string; readonly judgements: Judgements };

/** A retrieval set as BEIR (Thakur et al. 2021) lays it out; only the queries that its test split judges. */
export type BeirSet = {
  readonly name: string;
  readonly documents: readonly BeirDocument[];
  readonly queries: readonly BeirQuery[];
};

/** The set in this folder, or those in the folders in it. */
export function readBeirSets(folder: string): readonly BeirSet[] {
  if (isSet(folder)) return [readSet(folder)];
  const folders = readdirSync(folder, { withFileTypes: true })
    .map((entry) => join(folder, entry.name))
    .filter((path) => isSet(path))
    .toSorted();
  if (folders.length > 0) return folders.map((path) => readSet(path));
  throw new Error(
    `${folder} holds no corpus.jsonl, and no folder in it does: --data takes sets in BEIR's form`,
  );
}

function isSet(folder: string): boolean {
  return existsSync(join(folder, "corpus.jsonl"));
}

function readSet(folder: string): BeirSet {
  const judgements = readJudgements(join(folder, "qrels", "test.tsv"));
  const documents = records(join(folder, "corpus.jsonl")).map(({ _id, title, text }) => ({
    id: _id,
    title: title ?? "",
    text,
  }));
  const queries = records(join(folder, "queries.jsonl")).flatMap(({ _id, text }) => {
    const judged = judgements.get(_id);
    return judged ? [{ id: _id, text, judgements: judged }] : [];
  });
  return { name: basename(folder), documents, queries };
}

type Entry = { readonly _id: string; readonly title?: string; readonly text: string };

function records(path: string): Entry[] {
  return lines(path).map((line) => JSON.parse(line) as Entry);
}

/** Query, document and grade in columns parted by tabs, under a line of names. */
function readJudgements(path: string): ReadonlyMap<string, Judgements> {
  const byQuery = new Map<string, Map<string, number>>();
  for (const line of lines(path).slice(1)) {
    const [query = "", document = "", grade = "0"] = line.split("\t");
    const judged = byQuery.get(query) ?? new Map<string, number>();
    byQuery.set(query, judged.set(document, Number(grade)));
  }
  return byQuery;
}

function lines(path: string): string[] {
  return readFileSync(path, "utf8")
    .split(/\r?\n/u)
    .filter((line) => line !== "");
}
