import { Thread, type ThreadCalls } from "@benchai/kernel/thread";

import { toUnit } from "../../core/unit-vector.ts";
import type { Embedder, Refused } from "./embedder.ts";
import type { UseLiteThreadApi, UseLiteThreadData } from "./use-lite-thread.ts";

/**
 * A text counts with its first words. The model reads 128 pieces at most, some 80 words, and takes time with each: 40 words cost
 * 32 ms and reach nDCG@10 0.203 on SciFact and 0.060 on CoSQA, alone and without the full-text index; 80 words 50 ms and
 * 0.212 and 0.057. With the index both give the same, so the time is worth more.
 */
const mostWords = 40;
const mostCharacters = 480;

/** How long the documents' thread stays without work, in ms: it holds some 100 MB. */
const idleMs = 20_000;

/**
 * Universal Sentence Encoder lite, English, from npm: the embedder that needs no download and no other service. Queries have a
 * thread of their own, so that none waits for a document; documents have one of low priority, for as long as there are any.
 */
export async function startUseLiteEmbedder(onDeath: (error: Error) => void): Promise<Embedder> {
  const queries = startThread({ isPatient: false }, onDeath);
  const documents = new DocumentsThread(onDeath);
  await queries.ready;
  return {
    fingerprint: `energetic/use-lite-en@0.2.0/${mostWords}-words`,
    dimensions: 512,
    embed: async (texts, kind, signal) => {
      using thread =
        kind === "query" ? { vector: queries.call.vector, [Symbol.dispose]() {} } : documents.use();
      const answers: (Float32Array | Refused)[] = [];
      // One after the other, so that an abort stops the rest.
      for (const text of texts) {
        signal?.throwIfAborted();
        answers.push(unitOf(await thread.vector(leadingWords(text))));
      }
      return answers;
    },
    close: async () => {
      await Promise.all([queries.close(), documents.close()]);
    },
  };
}

function startThread(data: UseLiteThreadData, onDeath: (error: Error) => void): Thread<UseLiteThreadApi> {
  return new Thread<UseLiteThreadApi>(new URL("./use-lite-thread.ts", import.meta.url), data, onDeath);
}

/** A thread that is started for the first document and ended when there were none for a while. */
class DocumentsThread {
  readonly #onDeath: (error: Error) => void;
  #thread: Thread<UseLiteThreadApi> | undefined;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(onDeath: (error: Error) => void) {
    this.#onDeath = onDeath;
  }

  use(): Disposable & Pick<ThreadCalls<UseLiteThreadApi>, "vector"> {
    clearTimeout(this.#idle);
    this.#users += 1;
    const thread = (this.#thread ??= startThread({ isPatient: true }, this.#onDeath));
    return {
      vector: thread.call.vector,
      [Symbol.dispose]: () => {
        this.#users -= 1;
        if (this.#users === 0) this.#idle = setTimeout(() => void this.close(), idleMs).unref();
      },
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.close();
  }
}

/** What the model reads of a text. A text without words is a full stop, since nothing has no vector. */
function leadingWords(text: string): string {
  const start = text
    .slice(0, 16 * mostCharacters)
    .trim()
    .split(/\s+/u)
    .slice(0, mostWords)
    .join(" ");
  return start.slice(0, mostCharacters).toWellFormed() || ".";
}

function unitOf(vector: Float32Array): Float32Array | Refused {
  return toUnit(vector) ?? { refused: "the embedded model gave a vector without a direction" };
}
