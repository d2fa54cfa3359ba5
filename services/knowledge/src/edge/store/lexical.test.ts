import { join } from "node:path";

import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { DocumentFilter } from "@benchai/contract/rag";

import { temporaryFolder } from "../../../test/folder.ts";
import { plainCollection } from "../../../test/plain-chunks.ts";
import { lexicalQuery } from "../../core/match-expression.ts";
import { queryTerms } from "../../core/query.ts";
import { isRelevant } from "../../core/relevance.ts";
import { collectionScope } from "../../core/scope-token.ts";
import type { SearchScope } from "./hits.ts";
import { type DocumentSelection, lexicalSearch, resolveDocuments } from "./lexical.ts";
import { type Db, openReader, openWriter } from "./open.ts";
import { questionWords } from "./question-words.ts";
import { documentFrequencies, stemmed } from "./term-frequencies.ts";

describe("the full-text index", () => {
  let path: string;
  let db: Db;
  let ann: ReturnType<typeof plainCollection>;
  beforeEach(() => {
    path = join(temporaryFolder(), "knowledge.db");
    db = openWriter(path);
    ann = plainCollection(db, "ann");
    return () => db.close();
  });

  function search(
    question: string,
    scope: SearchScope = ann.scope,
    documents: DocumentSelection = "all",
  ): number[] {
    return lexicalSearch(db, { terms: queryTerms(question), scope, documents, limit: 10 }).map(
      (hit) => hit.chunkId,
    );
  }

  it("ranks by the question's words, titles before text", () => {
    const inText = ann.add({ title: "Cakes", text: "bread and other baking" });
    const inTitle = ann.add({ title: "Bread", text: "flour and other things" });
    ann.add({ text: "nothing of the kind" });
    expect(search("How do I bake BREAD?")).toEqual([inText, inTitle]);
    expect(search("bread")).toEqual([inTitle, inText]);
  });

  it("shows an owner nothing of another's, whether their collections are all there are or not", () => {
    const mine = ann.add({ text: "bread" });
    expect(search("bread")).toEqual([mine]);
    const bob = plainCollection(db, "bob");
    const his = bob.add({ text: "bread" });
    expect(search("bread")).toEqual([mine]);
    expect(search("bread", bob.scope)).toEqual([his]);
    expect(search("bread", { ownerId: 1, collectionIds: [] })).toEqual([]);
  });

  it("filters before it cuts to the limit", () => {
    for (let i = 0; i < 30; i += 1) ann.add({ text: "bread bread bread" });
    const last = ann.add({ text: "one bread among many other words that make it score low" });
    expect(search("bread", ann.scope, [last])).toEqual([last]);
    expect(search("bread", ann.scope, [])).toEqual([]);
  });

  it("finds nothing rather than everything for a question of no words", () => {
    ann.add({ text: "bread" });
    expect(search("?!")).toEqual([]);
    expect(search("zebra")).toEqual([]);
  });

  it("selects documents by path, tags and dates together, within the scope", () => {
    const day = (n: number) => Date.UTC(2026, 0, n);
    const note = ann.add({ text: "x", path: "notes/2026/plan.md", tags: ["work", "plan"], dateMs: day(2) });
    const deep = ann.add({ text: "x", path: "notes/old/deep/plan.md", tags: ["work"], dateMs: day(3) });
    const code = ann.add({ text: "x", path: "src/main.ts", dateMs: day(4) });
    plainCollection(db, "bob").add({ text: "x", path: "notes/2026/plan.md", tags: ["work"] });
    const resolve = (filter: DocumentFilter | undefined) =>
      resolveDocuments(db, { scope: ann.scope, filter });
    expect(resolve(undefined)).toBe("all");
    expect(resolve({})).toBe("all");
    expect(resolve({ path: "*.md" })).toEqual([note, deep]);
    expect(resolve({ path: "/notes/2026" })).toEqual([note]);
    expect(resolve({ path: "notes/**/plan.md" })).toEqual([note, deep]);
    expect(resolve({ path: "src/" })).toEqual([code]);
    expect(resolve({ tags: ["work"] })).toEqual([note, deep]);
    expect(resolve({ tags: ["work", "plan", "plan"] })).toEqual([note]);
    expect(resolve({ after: "2026-01-03", before: "2026-01-04" })).toEqual([deep]);
    expect(resolve({ path: "*.md", tags: ["work"], after: "2026-01-03" })).toEqual([deep]);
    expect(() => resolve({ after: "soon" })).toThrow(/"soon" is no date/);
  });

  it("knows how many chunks hold a word's stem, on a connection that may not write too", () => {
    ann.add({ text: "Baking breads" });
    ann.add({ text: "she bakes" });
    const reader = openReader(path);
    const expected = new Map([
      ["bake", 2],
      ["BREAD", 1],
      ["zebra", 0],
      ["", 0],
    ]);
    for (const one of [db, reader])
      expect(documentFrequencies(one, ["bake", "BREAD", "zebra", ""])).toEqual(expected);
    const found = lexicalSearch(reader, {
      terms: queryTerms("bake"),
      scope: ann.scope,
      documents: "all",
      limit: 9,
    });
    expect(found).toHaveLength(2);
    expect(() => reader.exec("CREATE TEMP TABLE t (x)")).toThrow(/readonly/);
    ann.add({ text: "zebra" });
    expect(documentFrequencies(reader, ["zebra"])).toEqual(new Map([["zebra", 1]]));
    reader.close();
    expect(stemmed(["Baking", "running", "?"])).toEqual(["bake", "run", undefined]);
  });

  it("tells a chunk that answers a question from one that only shares a word", () => {
    const text = "Sourdough bread needs a starter of flour and water";
    ann.add({ text });
    for (let i = 0; i < 40; i += 1) ann.add({ text: `another note number ${i} on water` });
    const judge = (question: string) => {
      const { chunks, words } = questionWords(db, { question, texts: [text] });
      return isRelevant({ words: words[0] ?? [], chunks, cosine: undefined });
    };
    expect(judge("what does a sourdough starter need?")).toBe(true);
    expect(judge("how much water do elephants drink in Africa")).toBe(false);
    expect(judge("hello, who are you?")).toBe(false);
  });
});

describe("a large full-text index", () => {
  const db = openWriter(":memory:");
  const common = ["alpha", "beta", "gamma", "delta", "epsilon"];
  const large = plainCollection(db, "ann", "large");
  const both = () => ({ ...large.scope, collectionIds: [1, 2] });
  let small = large.scope;
  let rare: readonly number[];
  let last: number;
  beforeAll(() => {
    db.transaction(() => {
      rare = Array.from({ length: 30 }, () => large.add({ text: "quince alpha" }));
      for (let i = 0; i < 21_000; i += 1) {
        const text = common.filter((_, bit) => (i >> bit) & 1).join(" ");
        large.add({ text: `${text} filler`.repeat((i % 3) + 1) });
      }
      last = large.add({ text: "alpha beta gamma delta epsilon quince" });
      const { scope, add } = plainCollection(db, "ann", "small");
      for (let i = 0; i < 40; i += 1) add({ text: i % 2 ? "alpha" : "quince" });
      small = scope;
    })();
    return () => db.close();
  });
  const find = (question: string, scope: SearchScope, documents: DocumentSelection = "all", limit = 40) =>
    lexicalSearch(db, { terms: queryTerms(question), scope, documents, limit });
  const ids = (hits: readonly { readonly chunkId: number }[]) => hits.map((hit) => hit.chunkId);

  it("ranks what holds the rare word as if all words had been ranked", () => {
    const question = "quince alpha beta gamma delta epsilon";
    const exact = db
      .prepare<[string], { id: number; score: number }>(
        `SELECT rowid AS id, -rank AS score FROM chunk_index
         WHERE chunk_index MATCH ? AND rank MATCH 'bm25(2.0, 1.5, 1.0, 0.5, 0.0)'`,
      )
      .all(lexicalQuery(question, { scopes: [collectionScope(1)] }) ?? "");
    const scores = new Map(exact.map(({ id, score }) => [id, score]));
    const found = find(question, large.scope);
    expect(ids(found).toSorted((a, b) => a - b)).toEqual([...rare, last]);
    for (const { chunkId, score } of found) expect(score / 2).toBeCloseTo(scores.get(chunkId) ?? NaN, 1);
  });

  it("keeps to the collections of its scope, whether they are nearly everything or little", () => {
    expect(ids(find("quince", large.scope)).toSorted((a, b) => a - b)).toEqual([...rare, last]);
    const inSmall = ids(find("quince alpha", small));
    expect(inSmall).toHaveLength(40);
    expect(Math.min(...inSmall)).toBeGreaterThan(last);
  });

  it("finds what a filter leaves, even if it holds the commonest words alone", () => {
    const withoutQuince = Array.from({ length: 5 }, (_, i) => last - 1 - i);
    const found = ids(find("quince alpha beta gamma delta epsilon filler", both(), withoutQuince));
    expect(found.toSorted((a, b) => b - a)).toEqual(withoutQuince);
  });
});
