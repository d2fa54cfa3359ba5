import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

import { lowerPriority } from "@benchai/kernel/lower-priority";

import { abortable } from "../core/abortable.ts";

export type EngineProcessOptions = {
  /** Answers each message with one; it is given `args`. */
  readonly program: URL;
  readonly args?: readonly string[];
  /** So long after the last request the process ends, and its memory is free. */
  readonly idleMs: number;
  /** How long after `stopMessage` it may take to answer; without this it is ended by an abort at once. */
  readonly stopMs?: number;
  /** Nice value. */
  readonly niceness?: number;
  /** What it had loaded is gone. */
  readonly onEnd?: () => void;
};
/** Why there is no answer. */
export type Problem = { readonly problem: string };

/** Asks a program with `stopMs` to answer at once, whatever with. */
export const stopMessage = "stop";

/** Of our own environment only where espeak-ng's rules are, and what a program starts and keeps its memory by. */
const passedOn = new Set(["ESPEAK_DATA_PATH", "MALLOC_ARENA_MAX", "NODE_COMPILE_CACHE", "NODE_OPTIONS"]);
const keptChars = 300;

type Running = { readonly child: ChildProcess; readonly ended: Promise<string> };

/**
 * A process in which an engine speaks, so that what breaks it costs a sentence: started for the first request, and again after each
 * end. It is asked one thing at a time.
 */
export class EngineProcess<Request extends object, Answer extends object> {
  readonly #options: EngineProcessOptions;
  #running: Running | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: EngineProcessOptions) {
    this.#options = options;
  }

  /** What it answers, or how it failed to, its start included. Errors: the signal's reason, once the work has ended. */
  async ask(request: Request, deadlineMs: number, signal: AbortSignal): Promise<Answer | Problem> {
    signal.throwIfAborted();
    clearTimeout(this.#idle);
    const running = (this.#running ??= this.#start());
    const deadline = AbortSignal.timeout(deadlineMs);
    const answer = answerOf<Answer>(running, request);
    try {
      return await abortable(AbortSignal.any([signal, deadline]), answer);
    } catch (error) {
      if (!signal.aborted && !deadline.aborted) throw error;
      await this.#stop(running, answer);
      signal.throwIfAborted();
      return { problem: `it was not done within ${deadlineMs / 1_000} s` };
    } finally {
      this.#idle = setTimeout(() => void this.end(), this.#options.idleMs).unref();
    }
  }

  /** Ends the process and waits until it is gone. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const running = this.#running;
    this.#forget(running);
    running?.child.kill("SIGKILL");
    await running?.ended;
  }

  async #stop({ child }: Running, answer: Promise<unknown>): Promise<void> {
    const { stopMs } = this.#options;
    if (stopMs === undefined) return this.end();
    child.send(stopMessage, () => undefined);
    try {
      await abortable(AbortSignal.timeout(stopMs), answer);
    } catch {
      await this.end();
    }
  }

  #start(): Running {
    const { program, args = [], niceness } = this.#options;
    const child = fork(program, [...args], {
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.has(name))),
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    if (niceness !== undefined) lowerPriority(child, niceness);
    const running = { child, ended: endOf(child) };
    void running.ended.then(() => this.#forget(running));
    return running;
  }

  #forget(running: Running | undefined): void {
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#options.onEnd?.();
  }
}

/** What the process says to a request, or how it ended over it. */
async function answerOf<Answer>({ child, ended }: Running, request: object): Promise<Answer | Problem> {
  const over = new AbortController();
  const message = once(child, "message", { signal: over.signal });
  message.catch(() => undefined);
  // A process that is gone already says so by its end.
  child.send(request, () => undefined);
  try {
    return await Promise.race([
      // Our own program at the other end makes these.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      message.then(([answer]) => answer as Answer),
      ended.then((problem) => ({ problem })),
    ]);
  } finally {
    over.abort();
  }
}

/** How the process ended, with the last that it wrote: libraries give their reasons there, and nowhere else. */
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
