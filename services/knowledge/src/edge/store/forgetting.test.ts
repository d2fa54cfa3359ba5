import { join } from "node:path";

import { afterEach, describe, expect, it, test } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { bytesOf, generator, traces } from "../../../test/traces.ts";
import { contentKey } from "./memory-rows.ts";
import { putMemoryVectors, unembeddedMemories } from "./memory-vectors.ts";
import { addMemory, changeMemory, forgetMemory } from "./memories-write.ts";
import { searchMemories } from "./memories-read.ts";
import { type Db, openReader, openWriter } from "./open.ts";
import { dropTurns, keepTurn } from "./turns.ts";
import { embeddingModel } from "./vectors.ts";

const nowMs = 1_800_000_000_000;
const dimensions = 64;
const open: Db[] = [];
afterEach(() => {
  for (const db of open.splice(0)) db.close();
});

/** A database in which one of twenty memories is made of words that nothing else has. */
function crowd(size: number, seed: number) {
  const path = join(temporaryFolder(), "knowledge.db");
  const db = openWriter(path);
  // How soon a commit reaches the disk is not what is tested here.
  db.pragma("synchronous = OFF");
  open.push(db);
  const { random, word } = generator(seed);
  const vector = () => {
    const values = Float32Array.from({ length: dimensions }, () => random(1_000) - 500);
    const norm = Math.hypot(...values);
    return values.map((v) => v / norm);
  };
  const common = Array.from({ length: 400 }, () => word(3 + random(4)));
  const distinctive: { id: string; content: string }[] = [];
  for (let i = 0; i < size; i += 1) {
    const isDistinctive = i % 20 === 7;
    const words = Array.from({ length: 5 + random(20) }, () =>
      isDistinctive ? word(12 + random(6)) : common[random(400)],
    );
    const content = `${isDistinctive ? "Q" : "q"}${words.join(" ")} ${i}`;
    const { memory } = addMemory(db, { owner: "ann", request: { content }, nowMs });
    if (isDistinctive) distinctive.push(memory);
  }
  const modelId = embeddingModel(db, { fingerprint: "m", dimensions, nowMs });
  const vectors = unembeddedMemories(db, { modelId, limit: size }).map((m) => ({ ...m, unit: vector() }));
  putMemoryVectors(db, { modelId, vectors });
  const unitOf = new Map(vectors.map(({ content, unit }) => [content, unit]));
  return { path, db, distinctive, unitOf };
}

/** What would betray a memory. */
function tracesOf(path: string, content: string, unit?: Float32Array): string[] {
  const bytes = bytesOf(path);
  const vector = unit ? Buffer.from(unit.buffer, 0, 32).toString("latin1") : undefined;
  return [
    ...traces(bytes, content),
    ...(vector !== undefined && bytes.includes(vector) ? ["the vector"] : []),
    ...(bytes.includes(contentKey(content)) ? ["the key"] : []),
  ];
}

describe("forgetting leaves no bytes", () => {
  test.each([
    [20, 1],
    [100, 2],
    [400, 3],
    [2_000, 4],
  ])("among %i memories", { timeout: 60_000 }, (size, seed) => {
    const { path, db, distinctive, unitOf } = crowd(size, seed);
    const left = ({ content }: { content: string }) => tracesOf(path, content, unitOf.get(content));
    for (const [i, memory] of distinctive.slice(0, 6).entries()) {
      expect(left(memory).length).toBeGreaterThan(4);
      if (i % 3 === 2)
        changeMemory(db, {
          owner: "ann",
          id: memory.id,
          patch: { content: `says something else ${i}` },
          nowMs,
        });
      else expect(forgetMemory(db, { owner: "ann", id: memory.id })).toEqual({ isErased: true });
      expect(left(memory)).toEqual([]);
    }
    for (const memory of distinctive.slice(6)) forgetMemory(db, { owner: "ann", id: memory.id });
    expect(distinctive.slice(0, 12).flatMap(left)).toEqual([]);
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    db.exec("INSERT INTO memory_index(memory_index) VALUES ('integrity-check')");
  });

  it("while another connection reads", () => {
    const { path, db, distinctive, unitOf } = crowd(100, 5);
    const reader = openReader(path);
    open.push(reader);
    for (const memory of distinctive) {
      searchMemories(reader, { owner: "ann", query: memory.content, limit: 5, asOfMs: nowMs, nowMs });
      expect(forgetMemory(db, { owner: "ann", id: memory.id })).toEqual({ isErased: true });
      expect(tracesOf(path, memory.content, unitOf.get(memory.content))).toEqual([]);
      expect(
        searchMemories(reader, { owner: "ann", query: memory.content, limit: 5, asOfMs: nowMs, nowMs }).map(
          (m) => m.id,
        ),
      ).not.toContain(memory.id);
    }
  });

  it("says so when a reader holds the log, and the next one clears both", () => {
    const { path, db, distinctive } = crowd(60, 6);
    db.pragma("busy_timeout = 50");
    const [first, second] = distinctive;
    const reader = openReader(path);
    open.push(reader);
    const rows = reader.prepare("SELECT id FROM memories").iterate();
    rows.next();
    expect(forgetMemory(db, { owner: "ann", id: first?.id ?? "" })).toEqual({ isErased: false });
    rows.return?.();
    expect(forgetMemory(db, { owner: "ann", id: second?.id ?? "" })).toEqual({ isErased: true });
    expect(tracesOf(path, first?.content ?? "")).toEqual([]);
  });

  it("of turns that waited", () => {
    const { path, db } = crowd(20, 7);
    const content = "zyxwvutsrqponm likes qwertzuiopasdf";
    keepTurn(db, {
      owner: "ann",
      turn: { namespace: "", conversation: "c", messages: [{ role: "user", content }] },
      nowMs,
    });
    expect(tracesOf(path, content).length).toBeGreaterThan(4);
    expect(dropTurns(db, { owner: "bob" }).deleted).toBe(0);
    expect(dropTurns(db, { owner: "ann", conversation: "c" })).toEqual({ deleted: 1, isErased: true });
    expect(tracesOf(path, content)).toEqual([]);
  });
});
