import { workerData } from "node:worker_threads";

import { serveThread } from "@benchai/kernel/thread-server";

import { recentMemories, searchMemories } from "../src/edge/store/memories-read.ts";
import { addMemory } from "../src/edge/store/memories-write.ts";
import { openReader, openWriter } from "../src/edge/store/open.ts";

/** The writer or the reader, with what the tests of memory need of it. */
const { path, isReader } = workerData as { path: string; isReader?: boolean };
const db = isReader ? openReader(path) : openWriter(path);

const api = {
  addMemory: (call: Parameters<typeof addMemory>[1]) => addMemory(db, call),
  searchMemories: (call: Parameters<typeof searchMemories>[1]) => searchMemories(db, call),
  recentMemories: (call: Parameters<typeof recentMemories>[1]) => recentMemories(db, call),
};
export type MemoryThreadApi = typeof api;

serveThread(api);
