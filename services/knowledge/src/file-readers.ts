import { Thread, type ThreadCalls } from "@benchai/kernel/thread";

import type { FolderReaderApi } from "./edge/folder-reader-thread.ts";
import { ParserPool } from "./edge/parser-process.ts";

/** What reads folders' files, and what makes documents of them. */
export type FileReaders = {
  readonly files: ThreadCalls<FolderReaderApi>;
  readonly parsers: ParserPool;
  /** Ends both at once; what waits is rejected. */
  close(): Promise<void>;
};

export function startFileReaders(onDeath: (error: Error) => void): FileReaders {
  const file = new URL("edge/folder-reader-thread.ts", import.meta.url);
  const thread = new Thread<FolderReaderApi>(file, undefined, onDeath);
  const parsers = new ParserPool();
  return {
    files: thread.call,
    parsers,
    close: async () => {
      await Promise.all([thread.close(), parsers.close()]);
    },
  };
}
