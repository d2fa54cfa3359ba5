import { Thread, type ThreadCalls } from "@benchai/kernel/thread";

import { WriteOutcomes, type WriteProblem } from "./core/write-outcomes.ts";
import type { ReaderApi } from "./edge/store/reader-thread.ts";
import type { StoreThreadData, WriterApi } from "./edge/store/writer-thread.ts";

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
  const writer: Thread<WriterApi> = new Thread(thread("writer"), data, onDeath, urgentWrites, (name, error) =>
    note(outcomes, name, error, () => writer.call.proveWritable(undefined)),
  );
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

/**
 * A call that succeeds need not have written anything (a memory that was there already): after a refusal, only a write that is
 * one for certain says that the storage takes them again.
 */
function note(outcomes: WriteOutcomes, name: string, error: unknown, prove: () => Promise<void>): void {
  if (error !== undefined) outcomes.failed(error, Date.now());
  else if (name === ("proveWritable" satisfies keyof WriterApi)) outcomes.wrote();
  else if (outcomes.isRefused) prove().catch(() => undefined);
}
