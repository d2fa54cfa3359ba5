import { setTimeout as delay } from "node:timers/promises";

import type { Logger } from "@benchai/kernel/log";

/** What a look tells at least. */
type Look = { readonly reasons: readonly string[] };

export type WatchOptions<Seen extends Look> = {
  /** The service's name. */
  readonly name: string;
  /** Asks the service how it is; throws when it does not say. */
  look(signal: AbortSignal): Promise<Seen>;
  /** What is seen of a service that does not say how it is. */
  away(why: string): Seen;
  readonly log: Logger;
};

/** How often the service is looked at, and how long it may take to say how it is, in ms. */
const everyMs = 3_000;
const timeoutMs = 2_000;

/** Looks at a service now and then, for what `/health` says; requests never wait for a look. */
export class ServiceWatch<Seen extends Look> {
  readonly #options: WatchOptions<Seen>;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #seen: Seen;

  constructor(options: WatchOptions<Seen>) {
    this.#options = options;
    this.#seen = options.away("not asked yet");
  }

  get seen(): Seen {
    return this.#seen;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#note(await this.#look());
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #look(): Promise<Seen> {
    try {
      return await this.#options.look(AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]));
    } catch (error) {
      return this.#options.away(error instanceof Error ? error.message : "unknown error");
    }
  }

  #note(seen: Seen): void {
    const { name, log } = this.#options;
    if (seen.reasons.join() !== this.#seen.reasons.join() && !this.#stop.signal.aborted)
      log.info({ service: name, seen: { ...seen } }, "a service was looked at");
    this.#seen = seen;
  }
}
