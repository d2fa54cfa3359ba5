import { setPriority } from "node:os";
import { workerData } from "node:worker_threads";

import { serveThread } from "@benchai/kernel/thread-server";

import { SentenceEncoder } from "./use-lite/encoder.ts";

/** `isPatient`: what this thread does is waited for by nobody. */
export type UseLiteThreadData = { readonly isPatient: boolean };

/** Nice value: a tenth of a core that somebody else wants too. */
const lowPriority = 10;

// On Linux a priority belongs to a thread, elsewhere to the whole process (setpriority(2)).
// Only `startUseLiteEmbedder` starts this thread.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
if ((workerData as UseLiteThreadData).isPatient && process.platform === "linux") setPriority(lowPriority);

/** The weights are files of a package; nothing is fetched. Takes a quarter of a second and some 100 MB. */
const encoder = await SentenceEncoder.load();

const api = {
  // One text at a time: a batch could not be stopped, and has nothing to share but the weights.
  vector: (text: string): Float32Array => encoder.encode(text),
};
export type UseLiteThreadApi = typeof api;

serveThread(api);
