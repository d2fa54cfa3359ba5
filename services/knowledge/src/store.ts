import { Thread, type ThreadCalls } from "@benchai/kernel/thread";

import { WriteOutcomes, type WriteProblem } from "./core/write-outcomes.ts";
import type { ReaderApi } from "./edge/store/reader-thread.ts";
import type { StoreThreadData, WriterApi, WriterThreadData } from "./edge/store/writer-thread.ts";

/** The database, each connection in a thread of its own: one writes, one reads, and neither holds up the API. */
export type Store = {
  readonly write: ThreadCalls<WriterApi>;
  readonly read: ThreadCalls<ReaderApi>;
  /** Why the storage refuses writes; undefined when it took the last one. */
  writeProblem(): WriteProblem | undefined;
  close(): Promise<void>;
};

/** What somebody waits for goes before what runs in the background. */
const urgentReads: readonly (keyof ReaderApi)[] = [
  "searchScope",
  "lexical",
  "dense",
  "storedHits",
  "questionWords",
];
const urgentWrites: readonly (keyof WriterApi)[] = [
  "addMemory",
  "changeMemory",
  "forgetMemory",
  "createJob",
  "createFile",
];

/** Opens the database at `path`, whose schema the writer brings up to date. `onDeath`: the service cannot go on. */
export async function startStore(path: string, onDeath: (error: Error) => void): Promise<Store> {
  const data: StoreThreadData = { path };
  const thread = (name: string) => new URL(`edge/store/${name}-thread.ts`, import.meta.url);
  const outcomes = new WriteOutcomes();
  const writing: WriterThreadData = { ...data, writes: new Int32Array(new SharedArrayBuffer(4)) };
  const note = (error: unknown) => outcomes.note(error, Atomics.load(writing.writes, 0), Date.now());
  const writer = new Thread<WriterApi>(thread("writer"), writing, onDeath, urgentWrites, note);
  await writer.ready;
  const reader = new Thread<ReaderApi>(thread("reader"), data, onDeath, urgentReads);
  await reader.ready;
  return {
    write: writer.call,
    read: reader.call,
    writeProblem: () => outcomes.problem(Date.now()),
    close: async () => {
      await reader.close();
      await writer.close();
    },
  };
}
