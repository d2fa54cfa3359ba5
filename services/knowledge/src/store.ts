import { Thread, type ThreadCalls } from "@benchai/kernel/thread";

import { WriteOutcomes, type WriteProblem } from "./core/write-outcomes.ts";
import type { ReaderApi } from "./edge/store/reader-thread.ts";
import type { VectorsApi } from "./edge/store/vectors-thread.ts";
import type { StoreThreadData, WriterApi, WriterThreadData } from "./edge/store/writer-thread.ts";

/** Connections that read, each in a thread of its own: the vectors are searched while the words are. */
export type Readers = {
  readonly read: ThreadCalls<ReaderApi>;
  readonly vectors: ThreadCalls<VectorsApi>;
};

/** The database, each connection in a thread of its own: one writes, two read, and none holds up the API. */
export type Store = Readers & {
  readonly write: ThreadCalls<WriterApi>;
  /** Why the storage refuses writes; undefined when it took the last one. */
  writeProblem(): WriteProblem | undefined;
  close(): Promise<void>;
};

/** What somebody waits for goes before what runs in the background. */
const urgentReads: readonly (keyof ReaderApi)[] = ["searchScope", "lexical", "storedHits", "questionWords"];
const urgentVectors: readonly (keyof VectorsApi)[] = ["nearest", "cosines"];
const urgentWrites: readonly (keyof WriterApi)[] = [
  "addMemory",
  "changeMemory",
  "forgetMemory",
  "createJob",
  "createFile",
];

/** Opens the database at `path`, whose schema the writer brings up to date. `onDeath`: the service cannot go on. */
export async function startStore(path: string, onDeath: (error: Error) => void): Promise<Store> {
  const outcomes = new WriteOutcomes();
  const writing: WriterThreadData = { path, writes: new Int32Array(new SharedArrayBuffer(4)) };
  const note = (error: unknown) => outcomes.note(error, Atomics.load(writing.writes, 0), Date.now());
  const writer = new Thread<WriterApi>(threadFile("writer"), writing, onDeath, urgentWrites, note);
  await writer.ready;
  const readers = await startReaders(path, onDeath);
  return {
    ...readers,
    write: writer.call,
    writeProblem: () => outcomes.problem(Date.now()),
    close: async () => {
      await readers.close();
      await writer.close();
    },
  };
}

/** Opens a database whose schema is up to date, for reading alone. */
export async function startReaders(
  path: string,
  onDeath: (error: Error) => void,
): Promise<Readers & { close(): Promise<void> }> {
  const data: StoreThreadData = { path };
  const reader = new Thread<ReaderApi>(threadFile("reader"), data, onDeath, urgentReads);
  const vectors = new Thread<VectorsApi>(threadFile("vectors"), data, onDeath, urgentVectors);
  await Promise.all([reader.ready, vectors.ready]);
  return {
    read: reader.call,
    vectors: vectors.call,
    close: async () => {
      await Promise.all([reader.close(), vectors.close()]);
    },
  };
}

function threadFile(name: string): URL {
  return new URL(`edge/store/${name}-thread.ts`, import.meta.url);
}
