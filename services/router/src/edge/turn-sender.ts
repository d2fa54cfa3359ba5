import type { TurnReport } from "@benchai/contract/enrichment";
import type { Logger } from "@benchai/kernel/log";

import type { KnowledgeClient } from "./knowledge-client.ts";

/** Turns that wait to be sent: a memory that is lost beyond is a smaller harm than a router that grows. */
const maxWaiting = 64;
const timeoutMs = 5_000;

type Kept = { readonly owner: string; readonly turn: TurnReport };

/** Hands finished turns over to be read for memories, one at a time; no chat waits for it. What fails is dropped and counted. */
export class TurnSender {
  readonly #client: KnowledgeClient;
  readonly #log: Logger;
  readonly #onEnd: (outcome: "kept" | "dropped") => void;
  readonly #waiting: Kept[] = [];
  readonly #stop = new AbortController();
  #isSending = false;

  constructor(client: KnowledgeClient, log: Logger, onEnd: (outcome: "kept" | "dropped") => void) {
    this.#client = client;
    this.#log = log;
    this.#onEnd = onEnd;
  }

  keep(owner: string, turn: TurnReport): void {
    if (this.#waiting.length >= maxWaiting) return this.#onEnd("dropped");
    this.#waiting.push({ owner, turn });
    if (!this.#isSending) void this.#sendAll();
  }

  close(): void {
    this.#stop.abort();
    this.#waiting.length = 0;
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let kept = this.#waiting.shift(); kept; kept = this.#waiting.shift()) await this.#send(kept);
    this.#isSending = false;
  }

  async #send({ owner, turn }: Kept): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]);
      await this.#client.keepTurn(owner, turn, signal);
      this.#onEnd("kept");
    } catch (error) {
      this.#log.warn({ err: error }, "a turn could not be handed over for its memories");
      this.#onEnd("dropped");
    }
  }
}
