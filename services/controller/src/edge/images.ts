import type Docker from "dockerode";

import type { ImageHold } from "../core/decide.ts";

type PullEvent = {
  status?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
  id?: string;
};

/** So long after a failed pull it is tried again, in ms. */
const retryPullMs = 60_000;

/** Fetches worker images that the engine lacks, in the background, one pull an image. */
export class Images {
  readonly #holds = new Map<string, ImageHold>();
  readonly #docker: Docker;
  readonly #mayPull: boolean;
  readonly #changed: () => void;

  constructor(docker: Docker, mayPull: boolean, changed: () => void) {
    this.#docker = docker;
    this.#mayPull = mayPull;
    this.#changed = changed;
  }

  /** By image: why it cannot be used now. An image that is not named can be. */
  get holds(): ReadonlyMap<string, ImageHold> {
    return this.#holds;
  }

  /** The engine said that it has no such image. */
  fetch(image: string): void {
    if (this.#holds.has(image)) return;
    const fix = `build or load it on this machine, or set LLAMA_IMAGE (of transcription: WHISPER_IMAGE) in .env`;
    if (!this.#mayPull) {
      this.#fail(
        image,
        `the worker image ${image} is not on this machine, and pulling is off (WORKER_IMAGE_PULL=never); ${fix}`,
      );
      return;
    }
    this.#hold(image, { message: `pulling the worker image ${image}`, isFinal: false });
    void this.#pull(image).then(
      () => this.#release(image),
      (error: unknown) =>
        this.#fail(
          image,
          `cannot pull the worker image ${image}: ${error instanceof Error ? error.message : "unknown"}; ${fix}`,
        ),
    );
  }

  async #pull(image: string): Promise<void> {
    const stream = await this.#docker.pull(image);
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(
        stream,
        // A pull that breaks off says so in its last event, and counts as a success for docker-modem.
        (error, events: readonly PullEvent[]) => {
          const failure = error ?? events?.find((e) => e.error !== undefined)?.error;
          if (failure) reject(failure instanceof Error ? failure : new Error(failure));
          else resolve();
        },
        (event: PullEvent) => this.#progress(image, event),
      );
    });
  }

  #progress(image: string, { id, status, progressDetail }: PullEvent): void {
    const { current, total } = progressDetail ?? {};
    if (!current || !total) return;
    const percent = Math.floor((100 * current) / total);
    this.#holds.set(image, {
      message: `pulling the worker image ${image}: ${status} ${id} ${percent} %`,
      isFinal: false,
    });
  }

  #fail(image: string, message: string): void {
    this.#hold(image, { message, isFinal: true });
    setTimeout(() => this.#release(image), retryPullMs).unref();
  }

  #hold(image: string, hold: ImageHold): void {
    this.#holds.set(image, hold);
    this.#changed();
  }

  #release(image: string): void {
    this.#holds.delete(image);
    this.#changed();
  }
}
