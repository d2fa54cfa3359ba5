import { parentPort } from "node:worker_threads";

import { packError } from "./thread-error.ts";
import type { ThreadApi, ThreadMessage } from "./thread.ts";

type Request = { readonly id: number; readonly name: string; readonly argument: never };

/** Answers calls from the `Thread` that started this one. To be called once, at the end of the thread's module. */
export function serveThread(api: ThreadApi): void {
  const port = parentPort;
  if (!port) throw new Error("serveThread runs in a worker thread");
  const say = (message: ThreadMessage) => port.postMessage(message);
  port.on("message", ({ id, name, argument }: Request) => {
    // The second step also takes an answer that cannot be cloned.
    void answer(api, name, argument)
      .then((value) => say({ id, value }))
      .catch((error: unknown) => say({ id, error: packError(error) }));
  });
  say({ ready: true });
}

async function answer(api: ThreadApi, name: string, argument: never): Promise<unknown> {
  const call = Object.hasOwn(api, name) ? api[name] : undefined;
  if (!call) throw new Error(`the thread has no function ${name}`);
  return await call(argument);
}
