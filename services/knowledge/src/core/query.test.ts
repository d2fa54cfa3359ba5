import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { indexParts } from "./parts.ts";
import { lexicalQuery } from "./match-expression.ts";
import { queryTerms } from "./query.ts";
import { collectionScope } from "./scope-token.ts";

function phrases(text: string): string[] {
  return queryTerms(text).map((term) => term.words.join(" "));
}

/** An index with the real one's columns and tokenizer, and a row for each text. */
function indexOf(...texts: readonly string[]): {
  readonly find: (query: string, scopes?: readonly string[]) => number[];
} {
  const db = new Database(":memory:");
  db.exec(`CREATE VIRTUAL TABLE chunk_index USING fts5(title, heading, body, parts, scope,
    tokenize = 'porter unicode61 remove_diacritics 2')`);
  const insert = db.prepare("INSERT INTO chunk_index VALUES ('', '', ?, ?, ?)");
  for (const text of texts) insert.run(text, indexParts(text), collectionScope(1));
  const search = db
    .prepare<[string], number>("SELECT rowid FROM chunk_index WHERE chunk_index MATCH ? ORDER BY rank")
    .pluck();
  return {
    find: (query, scopes = [collectionScope(1)]) => {
      const match = lexicalQuery(query, { scopes });
      return match === undefined ? [] : search.all(match);
    },
  };
}

describe("terms of a question", () => {
  it("are its words once each, without those that every text has", () => {
    expect(phrases("How do I bake the bread, and Bread with seeds?")).toEqual(["bake", "bread", "seeds"]);
  });

  it("are the common words too when there are no others", () => {
    expect(phrases("who are you")).toEqual(["who", "are", "you"]);
  });

  it("are an identifier as one word, as the phrase of its parts, and as each part", () => {
    expect(phrases("getUserName")).toEqual(["getUserName", "get user name", "get", "user", "name"]);
    expect(phrases("os.path.join")).toEqual(["os path join", "os", "path", "join"]);
    expect(phrases("max_size")).toEqual(["max size", "max", "size"]);
  });

  it("are at most 128, the longest", () => {
    const long = Array.from({ length: 30 }, (_, i) => `extraordinary${"x".repeat(i)}`);
    const letters = "bcdfghjklmnpqrstvwxz".split("");
    const short = letters.flatMap((first) => letters.map((second) => first + second));
    const terms = phrases([...short, ...long].join(" "));
    expect(terms).toHaveLength(128);
    expect(terms).toEqual(expect.arrayContaining(long));
  });

  it("are none for what cannot be looked up", () => {
    for (const text of ["", " ", "?!", "😀", "\0", '"""', "***", "-- ;"])
      expect(lexicalQuery(text, { scopes: ["c1"] })).toBeUndefined();
    expect(lexicalQuery("bread", { scopes: [] })).toBeUndefined();
  });
});

describe("a lexical query on a real index", () => {
  it("takes FTS5's own operators for words", () => {
    const { find } = indexOf("use NOT and OR with NEAR", "C++ and C#", "nothing here");
    expect(find('NOT "quoted* AND (')).toEqual([1]);
    expect(find("C++")).toEqual([2]);
    expect(find("body:nothing")).toEqual([3]);
    expect(find("NEAR(use with, 5)")).toContain(1);
  });

  it("finds identifiers however they are written", () => {
    const { find } = indexOf(
      "def get_user_name(): pass",
      "function getUserName() {}",
      "GetUserNameAsync",
      "get, or a user, or a name",
    );
    for (const query of ["getUserName", "get_user_name", "get user name"])
      expect(find(query).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    expect(find("getUserName")[0]).toBe(2);
    expect(find("get_user_name").slice(0, 3)).not.toContain(4);
  });

  it("finds words within runs of CJK text", () => {
    const { find } = indexOf("知识库使用全文检索和向量", "天気がいいから散歩しましょう", "plain text");
    expect(find("全文检索")).toEqual([1]);
    expect(find("散歩")).toEqual([2]);
    expect(find("天")).toEqual([2]);
  });

  it("sees nothing outside its scopes, and does not search the scopes' own names", () => {
    const { find } = indexOf("bread");
    expect(find("bread", [collectionScope(2)])).toEqual([]);
    expect(find("bread", [collectionScope(2), collectionScope(1)])).toEqual([1]);
    expect(find("c1")).toEqual([]);
    expect(find(collectionScope(1))).toEqual([]);
  });

  it("S53: never fails, whatever is asked", { timeout: 60_000 }, () => {
    const { find } = indexOf("some text", "getUserName 全文检索");
    const operators = fc.constantFrom(
      '"',
      "'",
      "*",
      "^",
      "NOT",
      "AND",
      "OR",
      "NEAR(",
      ")",
      "(",
      "body:",
      "-",
      "+",
      "{title}",
      ":",
      "\0",
      ";",
      "C++",
      "😀",
      "全文",
      "camelCase",
      "a.b",
      "\ud800",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc
        .array(fc.oneof(operators, fc.string({ unit: "grapheme", maxLength: 6 })), { maxLength: 30 })
        .map((parts) => parts.join(" ")),
      fc.array(operators, { maxLength: 30 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (query) => Array.isArray(find(query))),
      { numRuns: 10_000 },
    );
  });

  it("S53: is quick for 10 kB", { tags: "clock" }, () => {
    const { find } = indexOf("some text");
    const many = 'ab "*全._-\0C+'.split("").map((c) => c.repeat(10_000));
    const started = performance.now();
    for (const query of [...many, "word ".repeat(2_000), "aB".repeat(5_000), "a.".repeat(5_000)]) find(query);
    expect((performance.now() - started) / 15).toBeLessThan(100);
  });
});
