import { AppError } from "@benchai/contract/errors";

/** Why the newest write that the storage refused was refused, and how long ago, in ms. */
export type WriteProblem = { readonly why: string; readonly ageMs: number };

/** What the storage said to the newest calls: a problem from the first write that it refuses until one has gone through. */
export class WriteOutcomes {
  #refused: { readonly why: string; readonly atMs: number } | undefined;
  #writes = 0;

  /**
   * Takes note of a call that ended: with which error, undefined when it succeeded, and how many calls have written so far. One
   * that succeeds need not have written anything (a memory that was there already), and then it says nothing of the storage.
   */
  note(error: unknown, writes: number, nowMs: number): void {
    if (isRefusal(error)) this.#refused = { why: error.message, atMs: nowMs };
    else if (writes !== this.#writes) this.#refused = undefined;
    this.#writes = writes;
  }

  problem(nowMs: number): WriteProblem | undefined {
    return this.#refused && { why: this.#refused.why, ageMs: Math.max(0, nowMs - this.#refused.atMs) };
  }
}

function isRefusal(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === "storage_full" || error.code === "storage_unavailable");
}
