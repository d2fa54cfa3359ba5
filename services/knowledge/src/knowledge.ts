import type { JobKind } from "@benchai/contract/jobs";
import { BullDispatcher } from "@benchai/jobs/bull-dispatcher";
import type { JobStore } from "@benchai/jobs/job";
import { Jobs } from "@benchai/jobs/jobs";
import { Doorbell } from "@benchai/kernel/doorbell";
import { portOf } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { createMetrics } from "@benchai/kernel/metrics";
import type { RunningService } from "@benchai/kernel/service";

import { buildApp, type DataDeps } from "./app.ts";
import { Backups } from "./backups.ts";
import { knowledgeHealth, type KnowledgeSeen } from "./core/knowledge-health.ts";
import { DocumentsPart } from "./documents-part.ts";
import type { KnowledgeConfig } from "./edge/config.ts";
import { RouterClient } from "./edge/router-client.ts";
import { Embedding } from "./embedding.ts";
import { startFileReaders } from "./file-readers.ts";
import { enrich } from "./enrich.ts";
import { IdleExtraction } from "./idle-extraction.ts";
import { indexJob } from "./index-job.ts";
import type { IngestControl } from "./ingest.ts";
import { knowledgeTools } from "./mcp-tools.ts";
import { MemoryPart } from "./memory-part.ts";
import { vaultTools } from "./mcp-vault-tools.ts";
import { openVault } from "./vault-part.ts";
import { openEmbedder } from "./open-embedder.ts";
import { Storage, withCaretaker } from "./storage.ts";
import { startStore, type Store } from "./store.ts";
import { Watchers } from "./watch.ts";

export type RunningKnowledge = RunningService & { readonly port: number };

/** How long a start waits for the integrity check, in ms; that of a larger database goes on beside the service. */
const checkWaitMs = 5_000;
const hourMs = 3_600_000;
/** Jobs wait for parsers, embedders and the one writer: more at once would only take turns. */
const jobsAtOnce = 4;

/** Starts the service. A database that must not be used keeps it up, to say why. */
export async function startKnowledge(
  config: KnowledgeConfig,
  log: Logger,
  onDeath: (error: Error) => void,
): Promise<RunningKnowledge> {
  const storage = await Storage.open(config.DATA_DIR, checkWaitMs, Date.now(), log);
  const backups = backupsOf(config, storage, log);
  const metrics = createMetrics();
  const parts = storage.problem ? undefined : await startParts(config, storage.database, log, onDeath);
  let isDraining = false;
  const health = () => knowledgeHealth({ ...seenOf(config, storage, backups, parts), isDraining });
  const assertUsable = () => storage.assertUsable();
  const app = buildApp(
    { log, metrics, health, assertUsable, maxFileBytes: config.MAX_FILE_BYTES },
    parts && dataDeps(parts),
  );
  await app.listen({ port: config.PORT, host: "0.0.0.0" });
  if (parts) backups.start();
  return {
    port: portOf(app),
    async close() {
      isDraining = true;
      backups.close();
      app.server.closeAllConnections();
      await app.close();
      await parts?.close();
      storage.close();
    },
  };
}

type Parts = Awaited<ReturnType<typeof startParts>>;

/** Everything that works on the database. */
async function startParts(
  config: KnowledgeConfig,
  database: string,
  log: Logger,
  onDeath: (error: Error) => void,
) {
  const store = await startStore(database, onDeath);
  const stopping = new AbortController();
  const written = new Doorbell();
  const readers = startFileReaders(onDeath);
  const embedding = new Embedding(
    (signal) => openEmbedder(config, signal, onDeath),
    embeddingStore(store),
    written,
    log,
  );
  const memory = new MemoryPart(store, embedding, written, config.EMBED_TIMEOUT_MS);
  const documents = new DocumentsPart(config, store, embedding, readers, written);
  const vault = await openVault(config, store, documents, { database, signal: stopping.signal, log });
  const extraction = extractionOf(config, store, log);
  const jobs = jobsOf(config, log, { store, documents, extraction });
  const watchers = watchersOf(log, store, documents);
  const embeddingRun = embedding.run(stopping.signal);
  await jobs.start();
  await watchers.refresh();
  extraction.start(jobs);
  return {
    store,
    embedding,
    memory,
    documents,
    vault,
    extraction,
    jobs,
    watchers,
    async close() {
      stopping.abort();
      extraction.close();
      await watchers.close();
      await jobs.close();
      await embeddingRun;
      await readers.close();
      await vault.close();
      await memory.notes.flush().catch(() => undefined);
      await store.close();
    },
  };
}

function extractionOf(config: KnowledgeConfig, store: Store, log: Logger): IdleExtraction {
  return new IdleExtraction(store, new RouterClient(config.ROUTER_URL), config.EXTRACT_MODEL, log);
}

type Workers = {
  readonly store: Store;
  readonly documents: DocumentsPart;
  readonly extraction: IdleExtraction;
};

function jobsOf(
  config: KnowledgeConfig,
  log: Logger,
  { store, documents, extraction }: Workers,
): Jobs<JobKind> {
  const queue = new BullDispatcher(
    {
      host: config.VALKEY_HOST,
      port: config.VALKEY_PORT,
      queueName: "knowledge-jobs",
      prefix: "knowledge",
      jobsAtOnce,
    },
    log,
  );
  const handlers = {
    index: indexJob(documents.ingest),
    optimize: () => store.write.optimizeMemories(undefined),
    extract: extraction.handler(),
  };
  return new Jobs(jobStore(store), queue, handlers, log);
}

function watchersOf(log: Logger, store: Store, { ingest }: DocumentsPart): Watchers {
  const ports = {
    folderSources: () => store.read.folderSources(undefined),
    index: (sourceId: number, control: IngestControl) => ingest.indexFolder(sourceId, control),
  };
  return new Watchers(ports, log);
}

function embeddingStore({ read, vectors, write }: Store) {
  return {
    embeddingModel: write.embeddingModel,
    loadVectors: vectors.load,
    unembeddedChunks: read.unembeddedChunks,
    putVectors: write.putVectors,
    addVectors: vectors.add,
    unembeddedMemories: read.unembeddedMemories,
    putMemoryVectors: write.putMemoryVectors,
  };
}

function jobStore({ read, write }: Store): JobStore<JobKind> {
  return {
    createJob: write.createJob,
    claimJob: write.claimJob,
    reportProgress: write.reportProgress,
    endJob: write.endJob,
    cancelJob: write.cancelJob,
    retryJob: write.retryJob,
    requeueInterrupted: write.requeueInterrupted,
    waitingJobs: () => read.waitingJobs(undefined),
  };
}

function dataDeps({ store, memory, documents, vault, extraction, jobs, watchers }: Parts): DataDeps {
  const library = documents.routes(jobs, () => watchers.refresh());
  const memories = memory.routes(jobs);
  return {
    ...library,
    memory: memories,
    vault,
    jobs,
    listJobs: store.read.listJobs,
    jobById: store.read.jobById,
    enrich: (owner, call) => {
      const sources = {
        relevantMemories: memory.forChat.bind(memory),
        relevantChunks: documents.forChat.bind(documents),
      };
      return enrich(sources, owner, call);
    },
    keepTurn: (owner, turn) => extraction.keep(owner, turn),
    tools: [
      ...vaultTools(vault),
      ...knowledgeTools({
        search: library.search,
        readDocument: async (owner, id) => (await library.textOfDocument({ owner, id })).text,
        listCollections: (owner) => library.listCollections({ owner }),
        searchMemory: (owner, query, namespace, limit) => memories.search(owner, { query, namespace, limit }),
        addMemory: async (owner, request) => ({
          status: "ok",
          message: "Memory saved",
          ...(await memories.add(owner, request)),
        }),
        forgetMemory: async (owner, id) => void (await memories.forget(owner, id)),
      }),
    ],
  };
}

function backupsOf(config: KnowledgeConfig, storage: Storage, log: Logger): Backups {
  return new Backups({
    database: storage.database,
    folder: storage.backups,
    everyMs: config.BACKUP_EVERY_H * hourMs,
    keep: config.BACKUP_KEEP,
    log,
    now: Date.now,
    backUp: (call) => withCaretaker((calls) => calls.backUp(call)),
  });
}

function seenOf(
  config: KnowledgeConfig,
  storage: Storage,
  backups: Backups,
  parts: Parts | undefined,
): Omit<KnowledgeSeen, "isDraining"> {
  const problems = (parts?.watchers.states() ?? []).flatMap(({ source, problem }) =>
    problem === undefined ? [] : [{ source, why: problem }],
  );
  const vault = parts?.vault.source;
  return {
    storageProblem: storage.problem,
    integrity: storage.integrity,
    writeProblem: parts?.store.writeProblem(),
    hasExtractModel: config.EXTRACT_MODEL !== "",
    isQueueConnected: parts?.jobs.isQueueConnected ?? false,
    embedder: parts?.embedding.state ?? { state: "loading" },
    refusedTexts: parts?.embedding.refusedTexts ?? 0,
    lastBackupAgeMs: backups.lastAgeMs,
    backupEveryMs: config.BACKUP_EVERY_H * hourMs,
    backupProblem: backups.problem,
    unwatched: problems.filter(({ source }) => source !== vault),
    vault: vaultSeen(parts, problems),
  };
}

function vaultSeen(parts: Parts | undefined, unwatched: KnowledgeSeen["unwatched"]): KnowledgeSeen["vault"] {
  if (parts?.vault.source === undefined) return undefined;
  const { source, problem } = parts.vault;
  return { problem: problem ?? unwatched.find((one) => one.source === source)?.why };
}
