import type { Doorbell } from "@benchai/kernel/doorbell";

import { epochMsOf } from "./edge/store/memory-rows.ts";
import type { Embedding } from "./embedding.ts";
import type { JobKind } from "@benchai/contract/jobs";
import type { Jobs } from "@benchai/jobs/jobs";
import { AccessNotes, findMemories, memoriesForChat, type MemorySearchDeps } from "./memory.ts";
import type { MemoryDeps } from "./routes/memory.ts";
import type { Store } from "./store.ts";

const exportPageRows = 500;

/** Memory as the routes, the tools and the chat call it. */
export class MemoryPart {
  readonly notes: AccessNotes;
  readonly #store: Store;
  readonly #search: MemorySearchDeps;
  readonly #written: Doorbell;

  /** `written` rings when something waits for its vector. */
  constructor(store: Store, embedding: Embedding, written: Doorbell, embedMs: number) {
    this.#store = store;
    this.#written = written;
    this.notes = new AccessNotes((accesses) => store.write.noteAccess({ accesses }), Date.now);
    this.#search = {
      searchMemories: store.read.searchMemories,
      relevantMemories: store.read.relevantMemories,
      embed: async (question) => {
        const { model } = embedding;
        if (!model) return undefined;
        const unit = await embedding.embedQuery(question, AbortSignal.timeout(embedMs));
        return { modelId: model.id, unit };
      },
      noteAccess: (owner, ids) => this.notes.note(owner, ids),
      now: Date.now,
    };
  }

  /** What a chat may be told of this owner. */
  forChat(owner: string, query: string, namespace: string | undefined) {
    return memoriesForChat(this.#search, owner, query, namespace);
  }

  routes(jobs: Jobs<JobKind>): MemoryDeps {
    const { read, write } = this.#store;
    const now = () => ({ nowMs: Date.now() });
    const ringing = async <T>(written: Promise<T>): Promise<T> => {
      const value = await written;
      this.#written.ring();
      return value;
    };
    return {
      add: (owner, request) => ringing(write.addMemory({ owner, request, ...now() })),
      search: (owner, question) => findMemories(this.#search, owner, question),
      recent: (owner, page) => read.recentMemories({ ...page, owner, asOfMs: page.asOfMs ?? Date.now() }),
      stats: (owner) => read.memoryStats({ owner, ...now() }),
      get: (owner, id) => read.getMemory({ owner, id }),
      change: (owner, id, patch) => ringing(write.changeMemory({ owner, id, patch, ...now() })),
      forget: (owner, id) => write.forgetMemory({ owner, id }),
      forgetBatch: (owner, batch) => write.forgetBatch({ owner, batch }),
      dropTurns: (owner, conversation) => write.dropTurns({ owner, conversation }),
      exportPage: (owner, after) => read.exportMemories({ owner, after, limit: exportPageRows }),
      importLines: (owner, ndjson) => ringing(write.importLines({ owner, ndjson, ...now() })),
      importHistoric: (owner, bytes, name) => ringing(write.importHistoric({ owner, bytes, name, ...now() })),
      optimize: (owner) => jobs.create({ owner, kind: "optimize", payload: {} }),
      timeOf: epochMsOf,
    };
  }
}
