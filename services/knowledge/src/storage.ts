import { AppError } from "@benchai/contract/errors";
import type { Logger } from "@benchai/kernel/log";
import { Thread, type ThreadCalls } from "@benchai/kernel/thread";

import type { Integrity } from "./core/knowledge-health.ts";
import type { caretaker } from "./edge/store/caretaker-thread.ts";
import { dataFiles, prepareDatabase, withRemedy } from "./edge/store/data-folder.ts";
import { lockDataFolder } from "./edge/store/folder-lock.ts";
import { guard, guardAsync } from "./edge/store/guarded.ts";

/** Runs one long piece of work on the database in a thread that ends with it. */
export async function withCaretaker<T>(
  work: (calls: ThreadCalls<typeof caretaker>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const file = new URL("edge/store/caretaker-thread.ts", import.meta.url);
  const thread = new Thread<typeof caretaker>(file, undefined, () => undefined);
  const stop = () => void thread.close();
  signal?.addEventListener("abort", stop);
  try {
    return await work(thread.call);
  } finally {
    signal?.removeEventListener("abort", stop);
    await thread.close();
  }
}

/**
 * The data folder and what is known of its database. With a `problem` the database must not be opened: the service
 * runs on to say so, and leaves every file where it is.
 */
export class Storage {
  readonly database: string;
  readonly backups: string;
  readonly #dataDir: string;
  readonly #stopping = new AbortController();
  #problem: AppError | undefined;
  #integrity: Integrity = "checking";
  #unlock: () => void = () => undefined;

  private constructor(dataDir: string) {
    const { database, backups } = dataFiles(dataDir);
    this.#dataDir = dataDir;
    this.database = database;
    this.backups = backups;
  }

  /**
   * Takes the folder, then checks and migrates the database. The full check is waited for up to `checkWaitMs`; that of
   * a larger database goes on in its thread, and damage that it finds becomes the `problem` then.
   */
  static async open(dataDir: string, checkWaitMs: number, nowMs: number, log: Logger): Promise<Storage> {
    const storage = new Storage(dataDir);
    try {
      storage.#unlock = guard(dataDir, () => lockDataFolder(dataDir));
      await guardAsync(storage.database, () => prepareDatabase(dataDir, nowMs));
    } catch (error) {
      storage.#refuse(error, log);
      return storage;
    }
    const checking = storage.#check(log);
    await Promise.race([checking, deadline(checkWaitMs)]);
    return storage;
  }

  /** Why the database may not be used; undefined when it may. */
  get problem(): AppError | undefined {
    return this.#problem;
  }

  get integrity(): Integrity {
    return this.#integrity;
  }

  /** Throws the problem, if there is one: for the routes that need data. */
  assertUsable(): void {
    if (this.#problem) throw this.#problem;
  }

  /** Lets the folder go. */
  close(): void {
    this.#stopping.abort();
    this.#unlock();
  }

  async #check(log: Logger): Promise<void> {
    try {
      const work = (calls: ThreadCalls<typeof caretaker>) => calls.damageOf({ path: this.database });
      const damage = await withCaretaker(work, this.#stopping.signal);
      if (damage === undefined) this.#integrity = "sound";
      else this.#refuse(new AppError("storage_corrupt", `${this.database} is damaged: ${damage}`), log);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (error instanceof AppError) return this.#refuse(error, log);
      this.#integrity = "unchecked";
      log.error({ err: error }, "the integrity check could not run");
    }
  }

  #refuse(error: unknown, log: Logger): void {
    if (!(error instanceof AppError)) throw error;
    this.#problem = withRemedy(error, this.#dataDir);
    if (error.code === "storage_corrupt") this.#integrity = "damaged";
    log.error({ code: error.code }, this.#problem.message);
  }
}

function deadline(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
