import { AppError } from "@benchai/contract/errors";

import { readOnlyVault, vaultFailure } from "../../core/vault/vault-failure.ts";
import { foldPath } from "../../core/vault/vault-names.ts";
import { Locks, runLocked } from "../../locks.ts";
import { resolveRoot } from "./vault-paths.ts";

/** No path is spelled so: who holds it is the only one that renames. */
const renaming = "\0renaming";

/**
 * Lets operations at a vault: looks that it is there, that it may be written, that one at a time changes a note, and
 * turns the system's errors into those that callers know.
 */
export class VaultAccess {
  readonly isWritable: boolean;
  readonly #root: string;
  readonly #locks = new Locks<string>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(root: string, isWritable: boolean) {
    this.#root = root;
    this.isWritable = isWritable;
  }

  /** Runs what only reads; `work` gets the vault's root as the system spells it. */
  async read<T>(work: (root: string) => Promise<T>): Promise<T> {
    return this.#run(async () => work(await resolveRoot(this.#root)));
  }

  /** Runs what changes the notes at these paths; nothing else of this process changes them meanwhile. */
  async write<T>(paths: readonly string[], work: (root: string) => Promise<T>): Promise<T> {
    if (!this.isWritable) throw readOnlyVault();
    const keys = paths.map((path) => foldPath(path));
    return this.#run(() =>
      runLocked(this.#locks, keys, this.#closing.signal, async () => work(await resolveRoot(this.#root))),
    );
  }

  /** Runs a rename: one at a time, as there is one journal. */
  async rename<T>(paths: readonly string[], work: (root: string) => Promise<T>): Promise<T> {
    return this.write([renaming, ...paths], work);
  }

  /** Lets what has begun end, and nothing more begin. */
  async close(): Promise<void> {
    this.#closing.abort(new AppError("shutting_down", "the service is stopping", { retryAfterS: 5 }));
    await Promise.allSettled(this.#running);
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    this.#closing.signal.throwIfAborted();
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw meaningful(error);
    } finally {
      this.#running.delete(running);
    }
  }
}

/** The system's errors say which call failed; whatever else is thrown stays what it is. */
function meaningful(error: unknown): unknown {
  const isSystem = error instanceof Error && "syscall" in error && "code" in error;
  return isSystem ? vaultFailure({ code: String(error.code), message: error.message }) : error;
}
