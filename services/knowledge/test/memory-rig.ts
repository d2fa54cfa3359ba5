import { join } from "node:path";

import { AppError } from "@benchai/contract/errors";
import type { MemoryAddRequest } from "@benchai/contract/memory";

import { addMemory } from "../src/edge/store/memories-write.ts";
import { type Db, openWriter } from "../src/edge/store/open.ts";
import { temporaryFolder } from "./folder.ts";

/** When the memory suites play. */
export const nowMs = Date.parse("2026-11-24T00:00:00Z");

/** A new database of the test's own. */
export function memoryDatabase(): Db {
  return openWriter(join(temporaryFolder(), "knowledge.db"));
}

/** Adds a statement to the database of the running test, for `ann` when no owner is named. */
export function adder(database: () => Db) {
  return (content: string, more: Partial<MemoryAddRequest> = {}, owner = "ann", atMs = nowMs) =>
    addMemory(database(), { owner, request: { content, ...more }, nowMs: atMs });
}

/** The code of the error that `work` throws; undefined when it throws none. */
export function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}
