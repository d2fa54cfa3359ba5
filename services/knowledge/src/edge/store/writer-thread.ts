import { workerData } from "node:worker_threads";

import { serveThread } from "@benchai/kernel/thread-server";

import { changeCollection, createCollection, deleteCollection } from "./collections.ts";
import { commitDocuments, type SourceChange } from "./commit.ts";
import { deleteDocument } from "./documents.ts";
import { createFile, deleteFile, sweepOwnedFiles } from "./files.ts";
import { guarded } from "./guarded.ts";
import { importHistoric } from "./historic-import.ts";
import { IdleMerge } from "./idle-merge.ts";
import { truncateWal } from "./index-health.ts";
import {
  cancelJob,
  claimJob,
  createJob,
  endJob,
  reportProgress,
  requeueInterrupted,
  retryJob,
} from "./jobs.ts";
import {
  addMemory,
  changeMemory,
  forgetBatch,
  forgetMemory,
  noteAccess,
  optimizeMemories,
} from "./memories-write.ts";
import { importLines } from "./memory-import.ts";
import { putMemoryVectors } from "./memory-vectors.ts";
import { type Db, openWriter } from "./open.ts";
import { deleteSource, folderSource, handedSource, markSource, vaultSource } from "./sources.ts";
import { setVaultFiles } from "./vault-files.ts";
import { dropTurns, failTurn, finishTurn, keepTurn } from "./turns.ts";
import { embeddingModel, putVectors } from "./vectors.ts";

/** `workerData` of the threads that hold a connection. */
export type StoreThreadData = { readonly path: string };
/** `writes[0]`, in shared memory, counts the calls that wrote something and went through. */
export type WriterThreadData = StoreThreadData & { readonly writes: Int32Array };

// Only `startStore` starts this thread.
const data: WriterThreadData = workerData;
const { path, writes } = data;
const db = openWriter(path);
sweepOwnedFiles(db);
const merge = new IdleMerge(db);

const changes = db.prepare<[], number>("SELECT total_changes()").pluck();

/** A store function on the one connection that writes. */
function on<A, R>(work: (db: Db, argument: A) => R): (argument: A) => R {
  return (argument) => {
    const before = changes.get();
    const value = work(db, argument);
    if (changes.get() !== before) Atomics.add(writes, 0, 1);
    return value;
  };
}

const api = guarded(path, {
  createCollection: on(createCollection),
  changeCollection: on(changeCollection),
  deleteCollection: on(deleteCollection),
  folderSource: on(folderSource),
  handedSource: on(handedSource),
  vaultSource: on(vaultSource),
  setVaultFiles: on(setVaultFiles),
  deleteSource: on(deleteSource),
  markSource: on(markSource),
  commitDocuments: on((connection, change: SourceChange) => {
    const removed = commitDocuments(connection, change);
    merge.postpone();
    return removed;
  }),
  deleteDocument: on(deleteDocument),
  createFile: on(createFile),
  deleteFile: on(deleteFile),
  createJob: on(createJob),
  claimJob: on(claimJob),
  reportProgress: on(reportProgress),
  endJob: on(endJob),
  cancelJob: on(cancelJob),
  retryJob: on(retryJob),
  requeueInterrupted: on(requeueInterrupted),
  addMemory: on(addMemory),
  changeMemory: on(changeMemory),
  forgetMemory: on(forgetMemory),
  forgetBatch: on(forgetBatch),
  noteAccess: on(noteAccess),
  importLines: on(importLines),
  importHistoric: on(importHistoric),
  keepTurn: on(keepTurn),
  finishTurn: on(finishTurn),
  failTurn: on(failTurn),
  dropTurns: on(dropTurns),
  embeddingModel: on(embeddingModel),
  putVectors: on(putVectors),
  putMemoryVectors: on(putMemoryVectors),
  optimizeMemories: () => optimizeMemories(db),
  truncateWal: () => truncateWal(db),
});
export type WriterApi = typeof api;

serveThread(api);
