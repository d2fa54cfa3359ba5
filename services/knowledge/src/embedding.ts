import { setTimeout as sleep } from "node:timers/promises";

import type { Doorbell } from "@benchai/kernel/doorbell";
import type { Logger } from "@benchai/kernel/log";

import { embeddedText } from "./core/embedded-text.ts";
import type { Embedder } from "./edge/embedder/embedder.ts";
import type { putMemoryVectors, UnembeddedMemory } from "./edge/store/memory-vectors.ts";
import type { NewVector, StoredVector, UnembeddedChunk } from "./edge/store/vectors.ts";

type Page = { readonly modelId: number; readonly after: number; readonly limit: number };

/** The store's side: what waits for a vector, and where vectors go. */
export type EmbeddingStore = {
  embeddingModel(model: { fingerprint: string; dimensions: number; nowMs: number }): Promise<number>;
  loadVectors(model: { modelId: number; dimensions: number }): Promise<number>;
  unembeddedChunks(page: Page): Promise<readonly UnembeddedChunk[]>;
  putVectors(call: { modelId: number; vectors: readonly NewVector[] }): Promise<readonly StoredVector[]>;
  addVectors(call: { modelId: number; rows: readonly StoredVector[] }): Promise<number>;
  unembeddedMemories(page: Page): Promise<readonly UnembeddedMemory[]>;
  putMemoryVectors(call: Parameters<typeof putMemoryVectors>[1]): Promise<number>;
};

export type EmbeddingState =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly message: string }
  | { readonly state: "ready"; readonly vectors: number };

/** Few enough that a crash repeats seconds of work, not minutes. */
const batchSize = 8;
const retryMs = 5_000;
const lookEveryMs = 30_000;

/**
 * Gives every chunk its vector, in the background: an edit, a new model and an interrupted run are the same to it, chunks
 * without a vector of the present model. Searching goes on by words meanwhile, and by what vectors there are.
 */
export class Embedding {
  readonly #open: (signal: AbortSignal) => Promise<Embedder>;
  readonly #store: EmbeddingStore;
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
  }

  get state(): EmbeddingState {
    return this.#state;
  }

  /** The model whose vectors are searched; undefined until it is known. */
  get model(): { readonly id: number; readonly fingerprint: string } | undefined {
    if (this.#modelId === undefined || !this.#embedder) return undefined;
    return { id: this.#modelId, fingerprint: this.#embedder.fingerprint };
  }

  /** The query's vector; rejects while there is no embedder. */
  async embedQuery(query: string, signal: AbortSignal): Promise<Float32Array> {
    const [unit] = (await this.#embedder?.embed([query], "query", signal)) ?? [];
    if (unit) return unit;
    throw new Error("the embedding model is not ready");
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
      await this.#embedMemories(this.#embedder, modelId, signal);
      await this.#embedChunks(this.#embedder, modelId, signal);
      await this.#bell.wait(lookEveryMs, signal);
    }
  }

  async #embedMemories(embedder: Embedder, modelId: number, signal: AbortSignal): Promise<void> {
    for (let after = 0; ;) {
      const memories = await this.#store.unembeddedMemories({ modelId, after, limit: batchSize });
      const last = memories.at(-1);
      if (!last) return;
      after = last.memoryId;
      const texts = memories.map((m) => m.content);
      const units = await embedder.embed(texts, "document", signal);
      const vectors = memories.flatMap(({ memoryId, key }, i) => {
        const unit = units[i];
        return unit ? [{ memoryId, key, unit }] : [];
      });
      await this.#store.putMemoryVectors({ modelId, vectors });
    }
  }

  async #embedChunks(embedder: Embedder, modelId: number, signal: AbortSignal): Promise<void> {
    for (let after = 0; ;) {
      const chunks = await this.#store.unembeddedChunks({ modelId, after, limit: batchSize });
      const last = chunks.at(-1);
      if (!last) return;
      after = last.chunkId;
      const units = await embedder.embed(chunks.map(embeddedText), "document", signal);
      const vectors = chunks.flatMap(({ chunkId, textSha256 }, i) => {
        const unit = units[i];
        return unit ? [{ chunkId, textSha256, unit }] : [];
      });
      const rows = await this.#store.putVectors({ modelId, vectors });
      this.#state = { state: "ready", vectors: await this.#store.addVectors({ modelId, rows }) };
    }
  }
}
