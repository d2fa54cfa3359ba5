import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";

import { AppError } from "@benchai/contract/errors";

import { abortable } from "../core/abortable.ts";
import type { SherpaAnswer, SherpaRequest } from "./sherpa-child.ts";
import type { LoadableModel } from "./voice-library.ts";

export type SherpaProcessOptions = {
  /** For one utterance, loading its model included. */
  readonly deadlineMs: number;
  /** So long after the last utterance the process ends, and its memory is free. */
  readonly idleMs: number;
  /** Of the files of the models that it keeps; one model may be larger. */
  readonly maxModelBytes: number;
};
export type SherpaCall = Omit<SherpaRequest, "key" | "config"> & {
  readonly model: LoadableModel;
  readonly voice: string;
};

/** Nice value: a model takes every core for a while, and gives way to whatever answers somebody. */
const lowPriority = 5;
const keptChars = 300;

type Running = { readonly child: ChildProcess; readonly ended: Promise<string> };

/** The process in which models speak, started for the first utterance and again after each end. */
export class SherpaProcess {
  readonly #options: SherpaProcessOptions;
  #running: Running | undefined;
  /** Bytes of each model that the process has loaded. */
  readonly #loaded = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(options: SherpaProcessOptions) {
    this.#options = options;
  }

  /** One utterance after the other. Errors: `speech_failed`, and the signal's reason. */
  say(call: SherpaCall, signal: AbortSignal): Promise<Int16Array> {
    const before = this.#turn;
    const said = abortable(signal, before).then(() => this.#say(call, signal));
    // Who leaves while waiting does not end the wait of those behind.
    this.#turn = Promise.allSettled([before, said]);
    return said;
  }

  /** Ends the process and waits until it is gone. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const running = this.#running;
    this.#forget(running);
    running?.child.kill("SIGKILL");
    await running?.ended;
  }

  async #say({ model, voice, ...request }: SherpaCall, signal: AbortSignal): Promise<Int16Array> {
    signal.throwIfAborted();
    clearTimeout(this.#idle);
    await this.#makeRoomFor(model);
    const running = (this.#running ??= this.#start());
    const { key, config } = model;
    const deadline = AbortSignal.timeout(this.#options.deadlineMs);
    const answer = answerOf(running, { ...request, key, config });
    try {
      const said = await abortable(AbortSignal.any([signal, deadline]), answer);
      if ("samples" in said) return said.samples;
      throw failed(`${voice} cannot be spoken: ${said.problem}`);
    } catch (error) {
      // A model cannot be told to stop.
      if (signal.aborted || deadline.aborted) await this.end();
      signal.throwIfAborted();
      throw deadline.aborted
        ? failed(`${voice} was not done within ${this.#options.deadlineMs / 1_000} s.`)
        : error;
    } finally {
      this.#idle = setTimeout(() => void this.end(), this.#options.idleMs).unref();
    }
  }

  /** Models do not give their memory back: the process does. */
  async #makeRoomFor({ key, bytes }: LoadableModel): Promise<void> {
    const total = [...this.#loaded.values()].reduce((sum, each) => sum + each, bytes);
    if (!this.#loaded.has(key) && total > this.#options.maxModelBytes) await this.end();
    this.#loaded.set(key, bytes);
  }

  #start(): Running {
    const child = fork(new URL("sherpa-child.ts", import.meta.url), [], {
      // Nothing of our own environment and options.
      env: {},
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    lowerPriority(child);
    const running = { child, ended: endOf(child) };
    void running.ended.then(() => this.#forget(running));
    return running;
  }

  #forget(running: Running | undefined): void {
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#loaded.clear();
  }
}

/** What the process says to a request, or how it ended over it. */
async function answerOf({ child, ended }: Running, request: SherpaRequest): Promise<SherpaAnswer> {
  const over = new AbortController();
  const message = once(child, "message", { signal: over.signal });
  message.catch(() => undefined);
  // A process that is gone already says so by its end.
  child.send(request, () => undefined);
  try {
    return await Promise.race([
      // Our own program at the other end makes these.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      message.then(([answer]) => answer as SherpaAnswer),
      ended.then((problem) => ({ problem })),
    ]);
  } finally {
    over.abort();
  }
}

/** How the process ended, with the last that it wrote: sherpa-onnx gives its reasons there, and nowhere else. */
function endOf(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-keptChars);
  });
  child.once("error", ({ message }) => resolve(message));
  child.once("close", (code, by) => {
    resolve(`it ended its process (${by ?? `exit code ${code}`}): ${said.trim() || "it said nothing"}`);
  });
  return promise;
}

function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, lowPriority);
  } catch {
    // It has ended already, which its end says.
  }
}

function failed(message: string): AppError {
  return new AppError("speech_failed", message);
}
