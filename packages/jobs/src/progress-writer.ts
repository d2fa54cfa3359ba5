import type { JobProgress } from "./job.ts";

/** Rows are written this often at most, and watchers told with them. */
const progressEveryMs = 250;

/** Writes the newest progress, one write at a time and not too often. A write that fails is no reason to fail the job. */
export class ProgressWriter {
  readonly #write: (progress: JobProgress) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #newest: JobProgress | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isBusy = false;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(write: (progress: JobProgress) => Promise<void>, failed: (error: unknown) => void) {
    this.#write = write;
    this.#failed = failed;
  }

  report(progress: JobProgress): void {
    this.#newest = progress;
    if (!this.#isBusy && performance.now() - this.#lastMs >= progressEveryMs)
      this.#writing = this.#writeNewest();
  }

  /** Writes what was held back. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#writeNewest();
  }

  async #writeNewest(): Promise<void> {
    const progress = this.#newest;
    if (!progress) return;
    this.#newest = undefined;
    this.#isBusy = true;
    this.#lastMs = performance.now();
    await this.#write(progress).catch(this.#failed);
    this.#isBusy = false;
  }
}
