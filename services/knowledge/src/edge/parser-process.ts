import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { AppError } from "@benchai/contract/errors";
import { lowerPriority } from "@benchai/kernel/lower-priority";
import { unpackError } from "@benchai/kernel/thread-error";

import type { DocumentContent } from "../core/document.ts";
import type { ParserAnswer } from "../parsers/child.ts";
import type { ParserInput } from "../parsers/parser.ts";

export type ParserPoolOptions = {
  /** How many processes there are at most. */
  readonly size?: number;
  /** Of JavaScript's heap. What lies outside of it may be 256 MiB more, which is watched where /proc exists. */
  readonly heapMiB?: number;
  /** For one document, or for a few small ones that are sent together. */
  readonly deadlineMs?: number;
  /** The processes' program; tests give others. */
  readonly program?: URL;
};

type Call = {
  readonly input: ParserInput;
  readonly resolve: (document: DocumentContent) => void;
  readonly reject: (error: unknown) => void;
  /** A process died of the documents that this one was among: it is sent alone now, so that the right one is blamed. */
  isAlone: boolean;
};
type Limits = { readonly heapMiB: number; readonly deadlineMs: number; readonly program: URL };

/** Small documents share a message: sent alone, each of 9,000 notes of 2 kB took 0.3 ms of CPU more, a third of its time. */
const together = { maxBytes: 64 * 1_024, maxCount: 32 };
const outsideHeapMiB = 256;
const watchMs = 100;
const killed = "SIGKILL";
/** Nice value: parsing gives way to whatever answers somebody. */
const niceness = 10;

/**
 * Parses documents in processes of their own, so that a hostile one can cost no more than its deadline, a bounded
 * amount of memory, and itself (SECURITY D3). A process that dies is replaced when the next document comes.
 */
export class ParserPool {
  readonly #parsers: readonly ParserProcess[];
  readonly #waiting: Call[] = [];
  #isClosed = false;

  constructor(options: ParserPoolOptions = {}) {
    const { size = 1, heapMiB = 512, deadlineMs = 30_000 } = options;
    const { program = new URL("../parsers/child.ts", import.meta.url) } = options;
    const limits = { heapMiB, deadlineMs, program };
    this.#parsers = Array.from(
      { length: size },
      () => new ParserProcess(limits, (again) => this.#next(again)),
    );
  }

  /** Waits for a free process. Errors: what `parseDocument` throws; document_unreadable for one that was killed. */
  parse(input: ParserInput): Promise<DocumentContent> {
    if (this.#isClosed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<DocumentContent>();
    this.#waiting.push({ input, resolve, reject, isAlone: false });
    this.#next();
    return promise;
  }

  /** Ends the processes at once; what waits or runs is rejected with shutting_down. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    await Promise.all(this.#parsers.map((parser) => parser.close()));
  }

  /** `again`: calls whose process died of one of them. */
  #next(again: readonly Call[] = []): void {
    if (this.#isClosed) return again.forEach(({ reject }) => reject(closed()));
    for (const call of again) call.isAlone = true;
    this.#waiting.unshift(...again);
    for (const parser of this.#parsers)
      if (parser.isFree && this.#waiting.length > 0) parser.run(takeTogether(this.#waiting));
  }
}

/** Takes the first call off, and the small ones behind it that may go with it. */
function takeTogether(waiting: Call[]): readonly Call[] {
  let [count, bytes] = [0, 0];
  for (const { input, isAlone } of waiting) {
    bytes += input.bytes.length;
    if (count > 0 && (isAlone || count === together.maxCount || bytes > together.maxBytes)) break;
    count += 1;
    if (isAlone) break;
  }
  return waiting.splice(0, count);
}

/** One process, started for the first document and again after each death. */
class ParserProcess {
  readonly #limits: Limits;
  readonly #onFree: (again?: readonly Call[]) => void;
  #child: ChildProcess | undefined;
  #calls: readonly Call[] = [];
  /** Why we killed the process. */
  #cause: AppError | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  /** `onFree` is told of calls that died with others and are to be sent once more. */
  constructor(limits: Limits, onFree: (again?: readonly Call[]) => void) {
    this.#limits = limits;
    this.#onFree = onFree;
  }

  get isFree(): boolean {
    return this.#calls.length === 0;
  }

  run(calls: readonly Call[]): void {
    this.#calls = calls;
    const child = (this.#child ??= this.#start());
    const inputs = calls.map(({ input: { path, bytes, mediaType, isNote } }) => {
      return { path, bytes, mediaType, isNote };
    });
    // The next message waits for the answer, so that a child that never reads holds no more than one.
    child.send(inputs, (error) => error && child.kill(killed));
    const { deadlineMs } = this.#limits;
    const late = `${this.#path} was not read within ${deadlineMs / 1_000} s. Split it, or leave it out of the collection.`;
    this.#deadline = setTimeout(() => this.#kill(unreadable(late)), deadlineMs);
    this.#watch = setInterval(() => this.#checkMemory(), watchMs);
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once("close", () => resolve());
    child.once("error", () => resolve());
    this.#kill(closed());
    await promise;
  }

  #start(): ChildProcess {
    const { heapMiB, program } = this.#limits;
    const child = fork(program, [], {
      execArgv: [`--max-old-space-size=${heapMiB}`, ...confinement(program)],
      env: {},
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("message", (answers: readonly ParserAnswer[]) => this.#answer(answers));
    child.on("error", (error) => this.#died(child, error.message));
    child.on("exit", (code, signal) => this.#died(child, signal ?? `exit code ${code}`));
    lowerPriority(child, niceness);
    return child;
  }

  #answer(answers: readonly ParserAnswer[]): void {
    // An answer that crosses our kill would free a process that is about to end.
    if (this.#cause) return;
    const calls = this.#release();
    if (calls.length === 0) return;
    for (const [i, { resolve, reject, input }] of calls.entries()) {
      const answer = answers[i];
      if (!answer) reject(unreadable(`${input.path} was not answered by the process that reads it.`));
      // Our own program at the other end makes these.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      else if ("value" in answer) resolve(answer.value as DocumentContent);
      else reject(unpackError(answer.error));
    }
    this.#onFree();
  }

  #died(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const cause = this.#cause ?? this.#causeOf(this.#path, how);
    this.#cause = undefined;
    const calls = this.#release();
    if (calls.length > 1) return this.#onFree(calls);
    for (const { reject } of calls) reject(cause);
    this.#onFree();
  }

  /** V8 aborts when its heap is full; a container's limit kills from outside. */
  #causeOf(path: string, how: string): AppError {
    const isMemory = how === "SIGABRT" || how === killed || how === "exit code 134";
    if (isMemory) return this.#tooLarge(path);
    return unreadable(`${path} ended the process that read it (${how}). It may be broken; leave it out.`);
  }

  #tooLarge(path: string): AppError {
    return unreadable(
      `${path} needed more memory than ${this.#limits.heapMiB} MiB to be read. Split it, or leave it out.`,
    );
  }

  #checkMemory(): void {
    const pid = this.#child?.pid;
    if (pid === undefined || residentMiB(pid) <= this.#limits.heapMiB + outsideHeapMiB) return;
    this.#kill(this.#tooLarge(this.#path));
  }

  #kill(cause: AppError): void {
    this.#cause ??= cause;
    this.#child?.kill(killed);
  }

  /** Of the one document that is blamed; who is among others is asked alone first. */
  get #path(): string {
    return this.#calls[0]?.input.path ?? "";
  }

  #release(): readonly Call[] {
    clearTimeout(this.#deadline);
    clearInterval(this.#watch);
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }
}

/** What the process may read: the program and the packages, nothing of the owner's. It may write nothing. */
function confinement(program: URL): string[] {
  const root = fileURLToPath(new URL("../../../../", import.meta.url));
  const readable = ["node_modules", "packages", "services/knowledge"].map((folder) => `${root}${folder}/*`);
  const allowed = [...readable, fileURLToPath(program)].map((path) => `--allow-fs-read=${path}`);
  return ["--permission", "--disallow-code-generation-from-strings", ...allowed];
}

/** 0 where the system does not tell. */
function residentMiB(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return (pages * 4_096) / 1_048_576;
  } catch {
    return 0;
  }
}

function unreadable(message: string): AppError {
  return new AppError("document_unreadable", message);
}

function closed(): AppError {
  return new AppError("shutting_down", "The service is shutting down: send the document again later.");
}
