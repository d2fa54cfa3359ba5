import { serveThread } from "@benchai/kernel/thread-server";

import { readFiles } from "./read-files.ts";

// Only `startParts` starts this thread.
const api = { read: readFiles };
export type FolderReaderApi = typeof api;

serveThread(api);
