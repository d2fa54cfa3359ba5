import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";

import { count } from "../../../test/folder.ts";
import { adder, codeOf, memoryDatabase, nowMs } from "../../../test/memory-rig.ts";
import { putMemoryVectors, unembeddedMemories } from "./memory-vectors.ts";
import { memoryStats, recentMemories, relevantMemories, searchMemories } from "./memories-read.ts";
import { changeMemory, noteAccess } from "./memories-write.ts";
import type { Db } from "./open.ts";
import { embeddingModel } from "./vectors.ts";

let db: Db;

beforeEach(() => {
  db = memoryDatabase();
  return () => void db.close();
});

const add = adder(() => db);
const search = (query: string, more: object = {}, owner = "ann") =>
  searchMemories(db, { owner, query, limit: 10, asOfMs: nowMs, nowMs, ...more });

describe("remembering", () => {
  it("takes the historic shape, and says `general` and a middle importance for what is not said", () => {
    const { outcome, memory } = add("likes tea");
    expect(outcome).toBe("added");
    expect(memory).toMatchObject({
      category: "general",
      importance: 0.5,
      namespace: "",
      pinned: false,
      provenance: {},
      created_at: "2026-11-24T00:00:00.000Z",
    });
  });

  it("finds exact and near duplicates within a namespace, and adds what differs", () => {
    const first = add("The user likes tea").memory.id;
    expect(add("the user likes  tea.")).toMatchObject({ outcome: "duplicate", memory: { id: first } });
    expect(add("I like tea")).toMatchObject({ outcome: "near_duplicate", memory: { id: first } });
    expect(add("I do not like tea").outcome).toBe("added");
    expect(add("I like tea", { namespace: "work" }).outcome).toBe("added");
    expect(add("I like tea", {}, "bob").outcome).toBe("added");
    expect(add("has 3 cats").outcome).toBe("added");
    expect(add("has 4 cats").outcome).toBe("added");
  });

  it("refuses junk and secrets, and keeps nothing of them", () => {
    expect(codeOf(() => add("ok thanks"))).toBe("memory_refused");
    expect(codeOf(() => add("my password is hunter2"))).toBe("memory_refused");
    expect(count(db, "memories")).toBe(0);
  });

  it("ends what is superseded when the new one begins, and reads as of any time", () => {
    const old = add("lives in Graz", { valid_from: "2020-01-01" }).memory.id;
    const next = add("lives in Linz", { valid_from: "2024-06-01", supersedes: old }).memory;
    expect(search("lives").map((m) => m.content)).toEqual(["lives in Linz"]);
    const then = Date.parse("2022-01-01");
    expect(search("lives", { asOfMs: then }).map((m) => m.content)).toEqual(["lives in Graz"]);
    expect(recentMemories(db, { owner: "ann", limit: 9, asOfMs: then })).toMatchObject([
      { id: old, valid_to: next.valid_from, superseded_by: next.id },
    ]);
    expect(recentMemories(db, { owner: "ann", limit: 9, asOfMs: Date.parse("2019-01-01") })).toEqual([]);
    expect(codeOf(() => add("lives in Wien", { supersedes: old }))).toBe("conflict");
    expect(codeOf(() => add("lives in Wien", { supersedes: "mem_nobody" }))).toBe("not_found");
    expect(codeOf(() => add("lives in Wien", { supersedes: next.id, valid_from: "1999-01-01" }))).toBe(
      "invalid_request",
    );
    expect(add("lives in Graz").outcome).toBe("added");
  });

  it("supersedes by the statement that is there already", () => {
    const old = add("drinks coffee").memory.id;
    const there = add("drinks only tea").memory.id;
    expect(add("drinks only tea!", { supersedes: old })).toMatchObject({
      outcome: "duplicate",
      memory: { id: there },
    });
    expect(recentMemories(db, { owner: "ann", limit: 9, asOfMs: nowMs }).map((m) => m.id)).toEqual([there]);
  });

  it("changes what a patch names, and refuses the text of another", () => {
    const { id } = add("likes tea").memory;
    add("likes cocoa");
    const change = (patch: object) => changeMemory(db, { owner: "ann", id, patch, nowMs: nowMs + 5 });
    expect(change({ pinned: true, category: "preference" })).toMatchObject({
      pinned: true,
      category: "preference",
      content: "likes tea",
    });
    expect(change({ content: "likes mate" })).toMatchObject({
      content: "likes mate",
      updated_at: "2026-11-24T00:00:00.005Z",
    });
    expect(search("tea")).toEqual([]);
    expect(search("mate")).toHaveLength(1);
    expect(codeOf(() => change({ content: "Likes cocoa." }))).toBe("conflict");
    expect(codeOf(() => change({ content: "thanks" }))).toBe("memory_refused");
    expect(codeOf(() => change({ valid_to: "1999-01-01" }))).toBe("invalid_request");
    expect(change({ valid_to: "2026-11-25" }).valid_to).toBe("2026-11-25T00:00:00.000Z");
    expect(change({ valid_to: null })).not.toHaveProperty("valid_to");
    expect(codeOf(() => changeMemory(db, { owner: "bob", id, patch: { pinned: false }, nowMs }))).toBe(
      "not_found",
    );
  });

  it("counts accesses, of the owner's own only", () => {
    const { id } = add("likes tea").memory;
    noteAccess(db, {
      accesses: [
        { owner: "ann", ids: [id, "mem_gone"], atMs: nowMs + 9 },
        { owner: "bob", ids: [id], atMs: nowMs + 99 },
      ],
    });
    expect(search("tea")).toMatchObject([{ access_count: 1, accessed_at: "2026-11-24T00:00:00.009Z" }]);
  });
});

describe("finding", () => {
  it("sees the namespace and what is always true, or everything when none is named", () => {
    add("tea is green", { namespace: "" });
    add("tea is black", { namespace: "work" });
    add("tea is white", { namespace: "home" });
    expect(
      search("tea", { namespace: "work" })
        .map((m) => m.namespace)
        .toSorted(),
    ).toEqual(["", "work"]);
    expect(search("tea")).toHaveLength(3);
    expect(
      relevantMemories(db, {
        owner: "ann",
        namespace: "",
        query: "which tea?",
        limit: 9,
        asOfMs: nowMs,
        nowMs,
      }),
    ).toHaveLength(1);
    expect(
      relevantMemories(db, {
        owner: "ann",
        query: "reverse a list in Python",
        limit: 9,
        asOfMs: nowMs,
        nowMs,
      }),
    ).toEqual([]);
  });

  it("orders what fits alike by pins, importance and age", () => {
    const old = nowMs - 400 * 86_400_000;
    add("tea with honey", { category: "context" }, "ann", old);
    add("tea with lemon", { category: "context" });
    add("tea with ginger", { category: "context", importance: 0.9 });
    add("tea with mint", { category: "context", pinned: true, importance: 0.9 }, "ann", old);
    expect(search("tea").map((m) => m.content)).toEqual([
      "tea with mint",
      "tea with ginger",
      "tea with lemon",
      "tea with honey",
    ]);
  });

  it("finds by meaning alone, and stands any vector", () => {
    const modelId = embeddingModel(db, { fingerprint: "m", dimensions: 2, nowMs });
    const [tea, car] = [add("likes tea"), add("drives a tram")];
    const waiting = unembeddedMemories(db, { modelId, limit: 9 });
    const units: Record<string, Float32Array> = {
      [tea.memory.content]: Float32Array.of(1, 0),
      [car.memory.content]: Float32Array.of(0, 1),
    };
    const vectors = waiting.map(({ memoryId, key, content }) => ({
      memoryId,
      key,
      unit: units[content] ?? Float32Array.of(1, 0),
    }));
    expect(
      putMemoryVectors(db, {
        modelId,
        vectors: [...vectors, { memoryId: 999, key: "", unit: Float32Array.of(1, 0) }],
      }),
    ).toBe(2);
    expect(unembeddedMemories(db, { modelId, limit: 9 })).toEqual([]);
    expect(
      search("beverage", { vector: { modelId, unit: Float32Array.of(1, 0) } }).map((m) => m.content),
    ).toEqual(["likes tea"]);
    expect(search("beverage", { vector: { modelId, unit: Float32Array.of(Number.NaN, 0) } })).toEqual([]);
    expect(search("tram", { vector: { modelId, unit: new Float32Array(5) } })).toHaveLength(1);
    expect(search("beverage", { vector: { modelId, unit: Float32Array.of(1, 0) } }, "bob")).toEqual([]);
    changeMemory(db, { owner: "ann", id: tea.memory.id, patch: { content: "likes cocoa" }, nowMs });
    expect(unembeddedMemories(db, { modelId, limit: 9 })).toMatchObject([{ content: "likes cocoa" }]);
    expect(putMemoryVectors(db, { modelId, vectors })).toBe(1);
  });

  it("answers any query without an error", () => {
    add("likes C++ and NOT quotes");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (query) => Array.isArray(search(query))),
      { numRuns: 1_000 },
    );
    for (const query of ['"', "NOT", "*", "a AND", "scope:o2", "NEAR(a b)", "x".repeat(10_000), "🙂", "\0"])
      expect(search(query)).toBeInstanceOf(Array);
    expect(search("C++")).toHaveLength(1);
  });

  it("counts as the original did, and our own", () => {
    add("likes tea", { category: "preference", pinned: true, provenance: { conversation: "c1" } });
    const old = add("lives in Graz", { namespace: "home", provenance: { conversation: "c1" } }).memory.id;
    add("lives in Linz", { namespace: "home", supersedes: old, provenance: { conversation: "c2" } });
    add("something else", {}, "bob");
    expect(memoryStats(db, { owner: "ann", nowMs: nowMs + 1 })).toMatchObject({
      total_memories: 2,
      total_conversations: 2,
      by_category: { preference: 1, general: 1 },
      by_namespace: { "": 1, home: 1 },
      fts5_enabled: true,
      journal_mode: "wal",
      superseded: 1,
      pinned: 1,
    });
    expect(memoryStats(db, { owner: "nobody", nowMs }).total_memories).toBe(0);
  });

  it("pages through the newest first", () => {
    for (let i = 0; i < 25; i += 1) add(`statement number ${i}`, {}, "ann", nowMs - (i % 5));
    const seen: string[] = [];
    for (let before: string | undefined; ; before = seen.at(-1)) {
      const page = recentMemories(db, { owner: "ann", limit: 10, asOfMs: nowMs, before });
      if (page.length === 0) break;
      seen.push(...page.map((m) => m.id));
    }
    expect(new Set(seen).size).toBe(25);
    expect(seen).toHaveLength(25);
  });
});
