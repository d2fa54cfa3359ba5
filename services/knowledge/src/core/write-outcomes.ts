import { AppError } from "@benchai/contract/errors";

/** Why the newest write that the storage refused was refused, and how long ago, in ms. */
export type WriteProblem = { readonly why: string; readonly ageMs: number };

/** What the storage said to the newest writes: a problem from the first that it refuses until one has gone through. */
export class WriteOutcomes {
  #refused: { readonly why: string; readonly atMs: number } | undefined;

  get isRefused(): boolean {
    return this.#refused !== undefined;
  }

  /** Takes note of a write that failed; only what the storage is to blame for counts. */
  failed(error: unknown, nowMs: number): void {
    const isStorage =
      error instanceof AppError && (error.code === "storage_full" || error.code === "storage_unavailable");
    if (isStorage) this.#refused = { why: error.message, atMs: nowMs };
  }

  wrote(): void {
    this.#refused = undefined;
  }

  problem(nowMs: number): WriteProblem | undefined {
    return this.#refused && { why: this.#refused.why, ageMs: Math.max(0, nowMs - this.#refused.atMs) };
  }
}
