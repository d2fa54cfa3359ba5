import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { bytesOf, generator, traces } from "../../../test/traces.ts";
import { IdleMerge, mergeStep } from "./idle-merge.ts";
import { truncateWal } from "./index-health.ts";
import { type Db, openWriter } from "./open.ts";

const commits = 20;

/** An index of as many segments as there were commits. */
function indexOfCommits(): Db {
  const db = openWriter(join(temporaryFolder(), "knowledge.db"));
  const insert = db.prepare(
    "INSERT INTO chunk_index (title, heading, body, parts, scope) VALUES ('', '', ?, '', '')",
  );
  for (let i = 0; i < commits; i += 1) insert.run(`apple pear${i}`);
  return db;
}

const segments = (db: Db): unknown =>
  db.prepare("SELECT count(DISTINCT segid) FROM chunk_index_idx").pluck().get();

const found = (db: Db, word: string): unknown =>
  db.prepare("SELECT count(*) FROM chunk_index WHERE chunk_index MATCH ?").pluck().get(word);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("documents that are being indexed make segments that nobody merges meanwhile", () => {
  expect(segments(indexOfCommits())).toBe(commits);
});

test("steps merge what is there, lose nothing of it, and end", () => {
  const db = indexOfCommits();
  let steps = 0;
  while (mergeStep(db)) steps += 1;
  expect(steps).toBeGreaterThan(0);
  expect(segments(db)).toBeLessThan(4);
  expect([found(db, "apple"), found(db, "pear7")]).toEqual([commits, 1]);
  db.exec("INSERT INTO chunk_index(chunk_index) VALUES ('integrity-check')");
});

test("merging waits until nothing was written for a while, and goes on by itself", () => {
  const db = indexOfCommits();
  const merge = new IdleMerge(db);
  vi.advanceTimersByTime(999);
  merge.postpone();
  vi.advanceTimersByTime(999);
  expect(segments(db)).toBe(commits);
  vi.advanceTimersByTime(1);
  vi.runAllTimers();
  expect(segments(db)).toBeLessThan(4);
});

test("a storage that takes no writes stops it until documents are written again", () => {
  const db = indexOfCommits();
  const merge = new IdleMerge(db);
  db.pragma("query_only = ON");
  vi.runAllTimers();
  expect(segments(db)).toBe(commits);
  db.pragma("query_only = OFF");
  vi.runAllTimers();
  expect(segments(db)).toBe(commits);
  merge.postpone();
  vi.runAllTimers();
  expect(segments(db)).toBeLessThan(4);
});

test("what is deleted in the middle of a merge is nowhere in the file, then and after it", () => {
  const db = openWriter(join(temporaryFolder(), "knowledge.db"));
  const { word } = generator(7);
  const texts = Array.from({ length: commits }, () => Array.from({ length: 2_000 }, () => word(14)));
  const insert = db.prepare(
    "INSERT INTO chunk_index (title, heading, body, parts, scope) VALUES ('', '', ?, '', '')",
  );
  for (const text of texts) insert.run(text.join(" "));
  /** Of some of the text's words. */
  const left = (text: readonly string[] = []) => {
    truncateWal(db);
    return traces(bytesOf(db.name), text.slice(0, 40).join(" "));
  };
  for (let step = 0; step < 3; step += 1) expect(mergeStep(db, 16)).toBe(true);
  expect(left(texts[3]).length).toBeGreaterThan(200);
  for (const rowid of [4, 12]) db.prepare("DELETE FROM chunk_index WHERE rowid = ?").run(rowid);
  expect([left(texts[3]), left(texts[11])]).toEqual([[], []]);
  while (mergeStep(db, 16));
  expect([left(texts[3]), left(texts[11])]).toEqual([[], []]);
  expect(left(texts[5]).length).toBeGreaterThan(200);
  db.exec("INSERT INTO chunk_index(chunk_index) VALUES ('integrity-check')");
});
