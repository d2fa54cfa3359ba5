import type { Logger } from "@benchai/kernel/log";

import { embeddedText } from "./core/embedded-text.ts";
import type { Embedder } from "./edge/embedder/embedder.ts";
import type { putMemoryVectors, UnembeddedMemory } from "./edge/store/memory-vectors.ts";
import type { NewVector, StoredVector, UnembeddedChunk } from "./edge/store/vectors.ts";

type Page = { readonly modelId: number; readonly after: number; readonly limit: number };

/** The store's side: what waits for a vector, and where vectors go. */
export type BacklogStore = {
  unembeddedChunks(page: Page): Promise<readonly UnembeddedChunk[]>;
  putVectors(call: { modelId: number; vectors: readonly NewVector[] }): Promise<readonly StoredVector[]>;
  unembeddedMemories(page: Page): Promise<readonly UnembeddedMemory[]>;
  putMemoryVectors(call: Parameters<typeof putMemoryVectors>[1]): Promise<number>;
};

/** A text without a vector. `version` is another one whenever the text is, and a vector of an old one is not stored. */
type WaitingText = { readonly id: number; readonly version: string; readonly text: string };
type TextVector = Omit<WaitingText, "text"> & { readonly unit: Float32Array };

/** Texts of one kind: which of them wait, in the order of their ids, and where their vectors go. */
export type EmbeddedTexts = {
  readonly kind: "chunk" | "memory";
  waiting(page: Page): Promise<readonly WaitingText[]>;
  put(modelId: number, vectors: readonly TextVector[]): Promise<unknown>;
};

/** Few enough that a crash repeats seconds of work, not minutes. */
const batchSize = 8;

/**
 * The texts of one kind that wait for a vector. One that the model refuses is passed over until it says something else. That is
 * remembered in this process alone, for one model: a new start asks again, since the model may have been given more context.
 */
export class Backlog {
  readonly #texts: EmbeddedTexts;
  readonly #log: Logger;
  /** The version that was refused, by the text's id. */
  #refused: ReadonlyMap<number, string> = new Map();

  constructor(texts: EmbeddedTexts, log: Logger) {
    this.#texts = texts;
    this.#log = log;
  }

  /** How many of the texts are without a vector because the model refuses them. */
  get refused(): number {
    return this.#refused.size;
  }

  /** Gives every text that waits its vector. Rejects when the model or the store fails; what was stored until then stays. */
  async embed(embedder: Embedder, modelId: number, signal: AbortSignal): Promise<void> {
    const refused = new Map<number, string>();
    for (let after = 0; ;) {
      const texts = await this.#texts.waiting({ modelId, after, limit: batchSize });
      const last = texts.at(-1);
      if (!last) break;
      after = last.id;
      for (const { id, version } of texts) if (this.#refused.get(id) === version) refused.set(id, version);
      const asked = texts.filter(({ id }) => !refused.has(id));
      if (asked.length === 0) continue;
      for (const { id, version } of await this.#embedBatch(asked, embedder, modelId, signal))
        refused.set(id, version);
      this.#refused = new Map([...this.#refused, ...refused]);
    }
    // Those that have gone or changed since are forgotten.
    this.#refused = refused;
  }

  /** Answers with those that are refused. */
  async #embedBatch(
    texts: readonly WaitingText[],
    embedder: Embedder,
    modelId: number,
    signal: AbortSignal,
  ): Promise<readonly WaitingText[]> {
    const answers = await embedder.embed(
      texts.map(({ text }) => text),
      "document",
      signal,
    );
    const vectors = texts.flatMap(({ id, version }, i) => {
      const unit = answers[i];
      return unit instanceof Float32Array ? [{ id, version, unit }] : [];
    });
    if (vectors.length > 0) await this.#texts.put(modelId, vectors);
    return texts.filter(({ id }, i) => {
      const answer = answers[i];
      if (answer instanceof Float32Array) return false;
      this.#log.warn({ [this.#texts.kind]: id, why: answer?.refused }, "a text gets no vector");
      return true;
    });
  }
}

export function memoryTexts(store: BacklogStore): EmbeddedTexts {
  return {
    kind: "memory",
    waiting: async (page) =>
      (await store.unembeddedMemories(page)).map(({ memoryId, key, content }) => ({
        id: memoryId,
        version: key,
        text: content,
      })),
    put: (modelId, vectors) =>
      store.putMemoryVectors({
        modelId,
        vectors: vectors.map(({ id, version, unit }) => ({ memoryId: id, key: version, unit })),
      }),
  };
}

/** `stored` takes the vectors that are in the store now. */
export function chunkTexts(
  store: BacklogStore,
  stored: (modelId: number, rows: readonly StoredVector[]) => Promise<void>,
): EmbeddedTexts {
  return {
    kind: "chunk",
    waiting: async (page) =>
      (await store.unembeddedChunks(page)).map((chunk) => ({
        id: chunk.chunkId,
        version: chunk.textSha256,
        text: embeddedText(chunk),
      })),
    put: async (modelId, vectors) => {
      const added = vectors.map(({ id, version, unit }) => ({ chunkId: id, textSha256: version, unit }));
      await stored(modelId, await store.putVectors({ modelId, vectors: added }));
    },
  };
}
