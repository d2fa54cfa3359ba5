import { Worker } from "node:worker_threads";

import { unpackError } from "./thread-error.ts";

/** Functions that a thread offers: one plain argument, a plain or promised answer. */
export type ThreadApi = Readonly<Record<string, (argument: never) => unknown>>;

/** What a served thread says: first that it is ready, then one answer for each call. */
export type ThreadMessage =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: unknown };

type Pending = { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void };
type Call = Pending & { readonly name: string; readonly argument: unknown; readonly isUrgent: boolean };
type OnAnswer = (error: unknown) => void;

/** The calls of a thread: named, typed by its own functions. */
export type ThreadCalls<Api extends ThreadApi> = {
  readonly [Name in keyof Api]: (
    argument: Parameters<Api[Name]>[0],
  ) => Promise<Awaited<ReturnType<Api[Name]>>>;
};

/**
 * A thread that does one call at a time, urgent ones first. It is not restarted: a thread that dies rejects
 * what waits and says so once, and the service, which is crash-only, ends (`onDeath`).
 */
export class Thread<Api extends ThreadApi> {
  readonly call: ThreadCalls<Api>;
  readonly #worker: Worker;
  readonly #waiting: Call[] = [];
  readonly #ready = Promise.withResolvers<void>();
  readonly #onAnswer: OnAnswer;
  #current: Pending | undefined;
  #isReady = false;
  #nextId = 1;
  #death: Error | undefined;

  /**
   * `file` calls `serveThread`; `data` is its `workerData`; names in `urgent` go before all that waits. `onAnswer` is told of
   * each answer of the thread: the error that the call failed with, undefined when it did not.
   */
  constructor(
    file: URL,
    data: unknown,
    onDeath: (error: Error) => void,
    urgent: readonly (keyof Api & string)[] = [],
    onAnswer: OnAnswer = () => undefined,
  ) {
    this.#onAnswer = onAnswer;
    this.#worker = new Worker(file, { workerData: data });
    this.#worker.on("message", (message: ThreadMessage) => this.#take(message));
    this.#worker.on("error", (error) => this.#die(asError(error), onDeath));
    this.#worker.on("exit", (code) => this.#die(new Error(`thread ended with ${code}`), onDeath));
    this.#ready.promise.catch(() => undefined);
    const isUrgent = new Set<string>(urgent);
    const enqueue = (name: string, argument: unknown) => this.#enqueue(name, argument, isUrgent.has(name));
    // The thread's own functions type the calls; at run time a call is its name.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    this.call = new Proxy({} as ThreadCalls<Api>, {
      get: (_target, name) => (argument: unknown) => enqueue(String(name), argument),
    });
  }

  /** Resolves when the thread has initialised; rejects with its error when it cannot. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Ends the thread at once; what waits is rejected. */
  async close(): Promise<void> {
    this.#die(new Error("the thread was closed"), () => undefined);
    await this.#worker.terminate();
  }

  #enqueue(name: string, argument: unknown, isUrgent: boolean): Promise<unknown> {
    if (this.#death) return Promise.reject(this.#death);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call: Call = { name, argument, isUrgent, resolve, reject };
    const firstPatient = isUrgent ? this.#waiting.findIndex((other) => !other.isUrgent) : -1;
    if (firstPatient === -1) this.#waiting.push(call);
    else this.#waiting.splice(firstPatient, 0, call);
    this.#next();
    return promise;
  }

  #next(): void {
    if (!this.#isReady || this.#current) return;
    const call = this.#waiting.shift();
    if (!call) return;
    this.#current = call;
    try {
      this.#worker.postMessage({ id: this.#nextId, name: call.name, argument: call.argument });
    } catch (error) {
      // An argument that cannot be cloned never left.
      this.#current = undefined;
      call.reject(error);
      this.#next();
    }
  }

  #take(message: ThreadMessage): void {
    if ("ready" in message) {
      this.#isReady = true;
      this.#ready.resolve();
    } else if (message.id === this.#nextId && this.#current) {
      const { resolve, reject } = this.#current;
      this.#current = undefined;
      this.#nextId += 1;
      const error = "error" in message ? unpackError(message.error) : undefined;
      this.#onAnswer(error);
      if ("error" in message) reject(error);
      else resolve(message.value);
    }
    this.#next();
  }

  #die(error: Error, onDeath: (error: Error) => void): void {
    if (this.#death) return;
    this.#death = error;
    this.#ready.reject(error);
    this.#current?.reject(error);
    this.#current = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    onDeath(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
