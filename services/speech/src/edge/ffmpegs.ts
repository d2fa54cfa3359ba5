import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

import { AppError } from "@benchai/contract/errors";
import { lowerPriority } from "@benchai/kernel/lower-priority";

/** A process that turns what comes in by its standard input into what goes out. */
export type Ffmpeg = {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves when it is gone and its pipes are closed: with what went wrong, if anything did. */
  readonly closed: Promise<AppError | undefined>;
};

export type FfmpegsOptions = {
  /** ffmpeg; tests give others. */
  readonly program?: string;
  /** How long a spare waits to be needed; 0: there are no spares. */
  readonly idleMs: number;
  /** How far they give way to other processes, 1 to 19; not at all without. */
  readonly niceness?: number;
};

type Spare = Ffmpeg & { readonly timer: NodeJS.Timeout | undefined };

const maxMessageChars = 300;

/**
 * Starts ffmpegs, and for each kind that was asked for lately holds a spare: one that has been started and waits for its input.
 * ffmpeg takes 120 ms to start, for its 214 libraries, and 10 ms to its first byte from then on.
 */
export class Ffmpegs {
  readonly #program: string;
  readonly #idleMs: number;
  readonly #niceness: number | undefined;
  readonly #spares = new Map<string, Spare>();
  readonly #lasting = new Set<string>();
  #isClosed = false;

  constructor({ program = "ffmpeg", idleMs, niceness }: FfmpegsOptions) {
    this.#niceness = niceness;
    this.#program = program;
    this.#idleMs = idleMs;
  }

  start(args: readonly string[]): Ffmpeg {
    const child = spawn(this.#program, args, { stdio: ["pipe", "pipe", "pipe"] });
    if (this.#niceness !== undefined) lowerPriority(child, this.#niceness);
    // An input that breaks is told of by the exit.
    child.stdin.on("error", () => undefined);
    return { child, closed: problemOf(this.#program, child) };
  }

  /** The spare, which is the caller's then. It may have died a moment ago. */
  take(args: readonly string[]): Ffmpeg | undefined {
    const spare = this.#spares.get(keyOf(args));
    if (spare) this.#drop(args, spare);
    return spare;
  }

  /** Sees to it that there is a spare, until nobody has needed one for a while. */
  keep(args: readonly string[]): void {
    const key = keyOf(args);
    if (this.#isClosed || this.#idleMs === 0) return;
    const running = this.#spares.get(key);
    if (running) return void running.timer?.refresh();
    const ffmpeg = this.start(args);
    const timer = this.#lasting.has(key)
      ? undefined
      : setTimeout(() => ffmpeg.child.kill("SIGKILL"), this.#idleMs).unref();
    const spare = { ...ffmpeg, timer };
    this.#spares.set(key, spare);
    void ffmpeg.closed.then(() => this.#drop(args, spare));
  }

  /** The same, for good. One that dies is replaced with the next use. */
  keepLasting(args: readonly string[]): void {
    this.#lasting.add(keyOf(args));
    this.keep(args);
  }

  /** Ends the spares; those that were taken are their takers'. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const spares = [...this.#spares.values()];
    for (const { child } of spares) child.kill("SIGKILL");
    await Promise.all(spares.map(({ closed }) => closed));
  }

  #drop(args: readonly string[], spare: Spare): void {
    clearTimeout(spare.timer);
    if (this.#spares.get(keyOf(args)) === spare) this.#spares.delete(keyOf(args));
  }
}

function keyOf(args: readonly string[]): string {
  return args.join(" ");
}

function problemOf(program: string, child: Ffmpeg["child"]): Ffmpeg["closed"] {
  const { promise, resolve } = Promise.withResolvers<AppError | undefined>();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-maxMessageChars);
  });
  child.once("error", (cause) => {
    resolve(new AppError("speech_unavailable", `${program} cannot be started: ${cause.message}`, { cause }));
  });
  child.once("close", (code, killedBy) => {
    const how = killedBy ?? `exit code ${code}`;
    const message = `${program} broke while it encoded speech (${how}): ${said.trim() || "it said nothing"}`;
    resolve(code === 0 ? undefined : new AppError("speech_failed", message));
  });
  return promise;
}
