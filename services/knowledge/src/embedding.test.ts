import { afterEach, beforeEach, expect, it } from "vitest";

import { Doorbell } from "@benchai/kernel/doorbell";
import { createLogger } from "@benchai/kernel/log";

import { EmbeddingServer, refuseWhen, tooLargeForBatch } from "../test/support/embedding-server.ts";
import { openAiEmbedder } from "./edge/embedder/openai.ts";
import { Embedding, type EmbeddingStore } from "./embedding.ts";

type Text = { readonly text: string; readonly version: string; hasVector: boolean };
type Texts = Map<number, Text>;

/** Pages as the store gives them. */
function waiting(texts: Texts, after: number, limit: number) {
  return [...texts].filter(([id, { hasVector }]) => id > after && !hasVector).slice(0, limit);
}

/** Texts by id, in memory. */
function storeOf(chunks: Texts, memories: Texts): EmbeddingStore {
  const put = (texts: Texts, id: number, version: string) => {
    const text = texts.get(id);
    if (text?.version !== version) return false;
    text.hasVector = true;
    return true;
  };
  const vectors = () => [...chunks.values()].filter(({ hasVector }) => hasVector).length;
  return {
    embeddingModel: async () => 1,
    loadVectors: async () => vectors(),
    addVectors: async () => vectors(),
    unembeddedChunks: async ({ after, limit }) =>
      waiting(chunks, after, limit).map(([chunkId, { text, version }]) => ({
        chunkId,
        title: "",
        headingPath: [],
        text,
        textSha256: version,
      })),
    putVectors: async ({ vectors: added }) =>
      added.flatMap(({ chunkId, textSha256, unit }) =>
        put(chunks, chunkId, textSha256) ? [{ chunkId, documentId: 1, collectionId: 1, unit }] : [],
      ),
    unembeddedMemories: async ({ after, limit }) =>
      waiting(memories, after, limit).map(([memoryId, { text, version }]) => ({
        memoryId,
        content: text,
        key: version,
      })),
    putMemoryVectors: async ({ vectors: added }) =>
      added.filter(({ memoryId, key }) => put(memories, memoryId, key)).length,
  };
}

const text = (words: string): Text => ({ text: words, version: words.slice(0, 20), hasVector: false });
const textsOf = (...words: string[]): Texts => new Map(words.map((one, i) => [i + 1, text(one)]));
const withVector = (texts: Texts) => [...texts].flatMap(([id, { hasVector }]) => (hasVector ? [id] : []));

let server: EmbeddingServer;
let baseUrl: string;
let stopping: AbortController;
let run: Promise<void>;
beforeEach(async () => {
  server = new EmbeddingServer();
  baseUrl = await server.listen();
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await run;
  server.close();
});

function start(store: EmbeddingStore, bell = new Doorbell()): Embedding {
  const open = () => openAiEmbedder({ baseUrl, model: "bag", firstRetryMs: 1 });
  const embedding = new Embedding(open, store, bell, createLogger("test", "silent"));
  run = embedding.run(stopping.signal);
  return embedding;
}

/** From the next request on. */
function refuse(isRefused: (text: string) => boolean, refusal = tooLargeForBatch): void {
  server.faults = Array.from({ length: 1_000 }, () => refuseWhen(isRefused, refusal));
}

it("gives every chunk its vector beside one that is longer than the model takes", async () => {
  const chunks = textsOf(
    "one",
    "two",
    "long ".repeat(1_000),
    ...Array.from({ length: 20 }, (_, i) => `text ${i}`),
  );
  refuse((input) => input.length > 2_000);
  const embedding = start(storeOf(chunks, new Map()));
  await expect.poll(() => withVector(chunks)).toHaveLength(23);
  expect(embedding.state).toEqual({ state: "ready", vectors: 23 });
  expect(embedding.refusedTexts).toBe(0);
});

it("passes over what the model refuses, says so, and asks again only when it says something else", async () => {
  const chunks = textsOf("one", "bad", "two");
  const memories = textsOf("bad memory", "good memory");
  const bell = new Doorbell();
  refuse((input) => input.includes("bad"), [400, "no", ""]);
  const embedding = start(storeOf(chunks, memories), bell);
  await expect.poll(() => embedding.refusedTexts).toBe(2);
  expect([withVector(chunks), withVector(memories)]).toEqual([[1, 3], [2]]);
  expect(embedding.state).toEqual({ state: "ready", vectors: 2 });

  const asked = server.requests.length;
  chunks.set(4, text("three"));
  bell.ring();
  await expect.poll(() => withVector(chunks)).toEqual([1, 3, 4]);
  expect(server.requests.slice(asked).map(({ input }) => input)).toEqual([["three"]]);

  chunks.set(2, text("mended"));
  memories.delete(1);
  bell.ring();
  await expect.poll(() => embedding.refusedTexts).toBe(0);
  expect(withVector(chunks)).toEqual([1, 2, 3, 4]);
});

it("blames no text while the server is away", async () => {
  const chunks = textsOf("one", "two");
  const embedding = start(storeOf(chunks, new Map()));
  const loading = refuseWhen((input) => input !== "dimensions", [503, "loading", "model_loading"]);
  server.faults = Array.from({ length: 5 }, () => loading);
  await expect.poll(() => embedding.state).toMatchObject({ state: "failed" });
  expect([withVector(chunks), embedding.refusedTexts]).toEqual([[], 0]);
});
