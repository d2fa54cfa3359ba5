import { setTimeout as delay } from "node:timers/promises";

import type { Logger } from "@benchai/kernel/log";

import type { KnowledgeSeen } from "../core/router-health.ts";
import type { KnowledgeClient } from "./knowledge-client.ts";

/** How often the service is looked at, and how long it may take to say how it is, in ms. */
const everyMs = 3_000;
const timeoutMs = 2_000;

/** Looks at the knowledge service now and then, for what `/health` says; requests never wait for a look. */
export class KnowledgeWatch {
  readonly #client: KnowledgeClient;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #seen: KnowledgeSeen = away("not asked yet");

  constructor(client: KnowledgeClient, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  get seen(): KnowledgeSeen {
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

  async #look(): Promise<KnowledgeSeen> {
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]);
      const { reasons, features } = await this.#client.readiness(signal);
      return { reasons: reasons.map((reason) => `knowledge: ${reason}`), ...features };
    } catch (error) {
      return away(error instanceof Error ? error.message : "unknown error");
    }
  }

  #note(seen: KnowledgeSeen): void {
    if (seen.reasons.join() !== this.#seen.reasons.join() && !this.#stop.signal.aborted)
      this.#log.info(
        { reasons: seen.reasons, memory: seen.memory, rag: seen.rag },
        "knowledge was looked at",
      );
    this.#seen = seen;
  }
}

function away(why: string): KnowledgeSeen {
  const reasons = [`knowledge is away (${why}); chat goes on without it`];
  return { memory: false, rag: false, obsidian: false, extraction: undefined, reasons };
}
