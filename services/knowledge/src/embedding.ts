import { setTimeout as sleep } from "node:timers/promises";

import type { Doorbell } from "@benchai/kernel/doorbell";
import type { Logger } from "@benchai/kernel/log";

import { type Embedder, vectorOf } from "./edge/embedder/embedder.ts";
import type { StoredVector } from "./edge/store/vectors.ts";
import { Backlog, type BacklogStore, chunkTexts, memoryTexts } from "./embedding-backlog.ts";

/** The store's side: models, the vectors that are searched, and what waits for one. */
export type EmbeddingStore = BacklogStore & {
  embeddingModel(model: { fingerprint: string; dimensions: number; nowMs: number }): Promise<number>;
  loadVectors(model: { modelId: number; dimensions: number }): Promise<number>;
  addVectors(call: { modelId: number; rows: readonly StoredVector[] }): Promise<number>;
};

export type EmbeddingState =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly message: string }
  | { readonly state: "ready"; readonly vectors: number };

const retryMs = 5_000;
const lookEveryMs = 30_000;

/**
 * Gives every chunk its vector, in the background: an edit, a new model and an interrupted run are the same to it, chunks
 * without a vector of the present model. Searching goes on by words meanwhile, and by what vectors there are.
 */
export class Embedding {
  readonly #open: (signal: AbortSignal) => Promise<Embedder>;
  readonly #store: EmbeddingStore;
  readonly #backlogs: readonly Backlog[];
  readonly #bell: Doorbell;
  readonly #log: Logger;
  #embedder: Embedder | undefined;
  #modelId: number | undefined;
  #state: EmbeddingState = { state: "loading" };

  /** `open` gives the embedder; `bell` rings when chunks were written. */
  constructor(
    open: (signal: AbortSignal) => Promise<Embedder>,
    store: EmbeddingStore,
    bell: Doorbell,
    log: Logger,
  ) {
    this.#open = open;
    this.#store = store;
    this.#bell = bell;
    this.#log = log;
    const chunks = chunkTexts(store, async (modelId, rows) => {
      this.#state = { state: "ready", vectors: await store.addVectors({ modelId, rows }) };
    });
    this.#backlogs = [memoryTexts(store), chunks].map((texts) => new Backlog(texts, log));
  }

  get state(): EmbeddingState {
    return this.#state;
  }

  /** Texts without a vector because the model refuses them. */
  get refusedTexts(): number {
    return this.#backlogs.reduce((sum, { refused }) => sum + refused, 0);
  }

  /** The model whose vectors are searched; undefined until it is known. */
  get model(): { readonly id: number; readonly fingerprint: string } | undefined {
    if (this.#modelId === undefined || !this.#embedder) return undefined;
    return { id: this.#modelId, fingerprint: this.#embedder.fingerprint };
  }

  /** The query's vector; rejects while there is no embedder. */
  async embedQuery(query: string, signal: AbortSignal): Promise<Float32Array> {
    if (!this.#embedder) throw new Error("the embedding model is not ready");
    return vectorOf(this.#embedder, query, "query", signal);
  }

  /** Works until `signal` aborts. A failure (a worker away, a full disk) is told, and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#work(signal);
      } catch (error) {
        if (signal.aborted) break;
        const message = error instanceof Error ? error.message : String(error);
        this.#state = { state: "failed", message };
        this.#log.warn({ err: error }, "embedding failed; it will be tried again");
        await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
    await this.#embedder?.close();
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#embedder ??= await this.#open(signal);
    const { fingerprint, dimensions } = this.#embedder;
    const modelId = await this.#store.embeddingModel({ fingerprint, dimensions, nowMs: Date.now() });
    this.#state = { state: "ready", vectors: await this.#store.loadVectors({ modelId, dimensions }) };
    this.#modelId = modelId;
    for (;;) {
      for (const backlog of this.#backlogs) await backlog.embed(this.#embedder, modelId, signal);
      await this.#bell.wait(lookEveryMs, signal);
    }
  }
}
