import { workerData } from "node:worker_threads";

import { serveThread } from "@benchai/kernel/thread-server";

import { compileScan } from "../vectors/scan.ts";
import { VectorIndex } from "../vectors/vector-index.ts";
import { guarded } from "./guarded.ts";
import { openReader } from "./open.ts";
import type { StoreThreadData } from "./writer-thread.ts";

// Only `startReaders` starts this thread.
const data: StoreThreadData = workerData;
const vectors = new VectorIndex(openReader(data.path), await compileScan());

const api = guarded(data.path, {
  nearest: (call: Parameters<VectorIndex["nearest"]>[0]) => vectors.nearest(call),
  cosines: (call: Parameters<VectorIndex["cosines"]>[0]) => vectors.cosines(call),
  load: (call: Parameters<VectorIndex["load"]>[0]) => vectors.load(call),
  add: (call: Parameters<VectorIndex["add"]>[0]) => vectors.add(call),
  remove: (call: Parameters<VectorIndex["remove"]>[0]) => vectors.remove(call),
});
export type VectorsApi = typeof api;

serveThread(api);
