import type { SearchAnswer, SearchRequest } from "@benchai/contract/rag";
import type { Doorbell } from "@benchai/kernel/doorbell";

import { type KnowledgeConfig, vaultRootOf } from "./edge/config.ts";
import type { Removed } from "./edge/store/collections.ts";
import type { Embedding } from "./embedding.ts";
import type { FileReaders } from "./file-readers.ts";
import { Ingest, type IngestPorts } from "./ingest.ts";
import type { JobKind } from "@benchai/contract/jobs";
import type { Jobs } from "@benchai/jobs/jobs";
import { Library } from "./library.ts";
import { formatOf } from "./parsers/formats.ts";
import { relevantChunks, type RelevancePorts } from "./relevant-chunks.ts";
import type { CollectionDeps } from "./routes/collections.ts";
import type { DocumentDeps } from "./routes/documents.ts";
import type { FileDeps } from "./routes/files.ts";
import type { SearchDeps } from "./routes/search.ts";
import { search, type SearchLimits } from "./search.ts";
import { searchPorts } from "./search-ports.ts";
import type { Store } from "./store.ts";

/** A text in JSON may take up to six bytes for one of its own (`\u0000`). */
const jsonOverhead = 6;

/** Documents as the routes, the tools, the chat and the jobs call them. */
export class DocumentsPart {
  readonly ingest: Ingest;
  readonly #store: Store;
  readonly #config: KnowledgeConfig;
  readonly #embedding: Embedding;
  readonly #ports: RelevancePorts;
  readonly #limits: SearchLimits;

  /** `written` rings when something waits for its vector. */
  constructor(
    config: KnowledgeConfig,
    store: Store,
    embedding: Embedding,
    readers: FileReaders,
    written: Doorbell,
  ) {
    this.#config = config;
    this.#store = store;
    this.#embedding = embedding;
    this.#limits = { embedMs: config.EMBED_TIMEOUT_MS, rerankMs: config.RERANK_TIMEOUT_MS };
    this.#ports = searchPorts(config, store, embedding);
    const settings = {
      documentsRoot: config.DOCUMENTS_ROOT,
      vaultRoot: vaultRootOf(config),
      maxFileBytes: config.MAX_FILE_BYTES,
    };
    this.ingest = new Ingest(ingestPorts(store, readers, written), settings);
  }

  /** What may go into a prompt unasked. */
  forChat(owner: string, query: string, collections: readonly string[] | undefined, k: number) {
    const among = collections ? { collections: [...collections] } : {};
    return relevantChunks(this.#ports, this.#limits, owner, { query, k, ...among });
  }

  search(owner: string, request: SearchRequest): Promise<SearchAnswer> {
    return search(this.#ports, this.#limits, owner, request);
  }

  routes(
    jobs: Jobs<JobKind>,
    foldersChanged: () => Promise<void>,
  ): SearchDeps & CollectionDeps & DocumentDeps & FileDeps {
    const { read, write } = this.#store;
    const embeddingModelId = () => this.#embedding.model?.id;
    const gone = async (removing: Promise<Removed>): Promise<void> => {
      await forget(this.#store, await removing);
    };
    return {
      search: (owner, request) => this.search(owner, request),
      listCollections: (call) => read.listCollections({ ...call, embeddingModelId: embeddingModelId() }),
      collection: (call) => read.collection({ ...call, embeddingModelId: embeddingModelId() }),
      createCollection: write.createCollection,
      changeCollection: write.changeCollection,
      listSources: read.listSources,
      listDocuments: read.listDocuments,
      documentById: read.documentById,
      textOfDocument: read.textOfDocument,
      documentStats: read.documentStats,
      createFile: write.createFile,
      listFiles: read.listFiles,
      fileById: read.fileById,
      fileContent: read.fileContent,
      deleteFile: (call) => write.deleteFile(call).then(() => write.truncateWal(undefined)),
      deleteCollection: (call) => gone(write.deleteCollection(call)).then(foldersChanged),
      deleteSource: (call) => gone(write.deleteSource(call)).then(foldersChanged),
      deleteDocument: (call) => gone(write.deleteDocument(call)),
      library: this.#library(jobs, foldersChanged),
      bodyLimitBytes: this.#config.MAX_FILE_BYTES * jsonOverhead,
    };
  }

  #library(jobs: Jobs<JobKind>, foldersChanged: () => Promise<void>): Library {
    const { read, write } = this.#store;
    return new Library({
      folderSource: write.folderSource,
      handedSource: write.handedSource,
      createFile: write.createFile,
      file: read.fileById,
      createJob: (job) => jobs.create(job),
      foldersChanged,
      isSupported: (path, mediaType) => formatOf(path, mediaType) !== undefined,
      documentsRoot: this.#config.DOCUMENTS_ROOT,
    });
  }
}

/** Deleted text leaves the log, and deleted vectors leave memory. */
async function forget({ vectors, write }: Store, { removedChunkIds }: Removed): Promise<void> {
  await write.truncateWal(undefined);
  if (removedChunkIds.length > 0) await vectors.remove({ chunkIds: removedChunkIds });
}

function ingestPorts(
  { read, vectors, write }: Store,
  { files, parsers }: FileReaders,
  written: Doorbell,
): IngestPorts {
  return {
    source: read.sourceById,
    manifest: read.manifestOf,
    commit: async (change) => {
      const { removedChunkIds } = await write.commitDocuments(change);
      if (removedChunkIds.length > 0) await vectors.remove({ chunkIds: removedChunkIds });
      written.ring();
    },
    setVaultFiles: write.setVaultFiles,
    mark: write.markSource,
    truncateWal: () => write.truncateWal(undefined),
    file: read.fileContent,
    read: files.read,
    parse: (input) => parsers.parse(input),
    isSupported: (path) => formatOf(path) !== undefined,
  };
}
