import { workerData } from "node:worker_threads";

import type { DocumentFilter } from "@benchai/contract/rag";
import { serveThread } from "@benchai/kernel/thread-server";

import { queryTerms } from "../../core/query.ts";
import { chunkPlaces } from "./chunk-places.ts";
import { collection, listCollections } from "./collections.ts";
import { documentById, documentStats, listDocuments, manifestOf, textOfDocument } from "./documents.ts";
import { fileById, fileContent, listFiles } from "./files.ts";
import { guarded } from "./guarded.ts";
import { type SearchScope, searchScope, storedHits } from "./hits.ts";
import { checkIntegrityOfIndex } from "./index-health.ts";
import { jobById, listJobs, waitingJobs } from "./jobs.ts";
import { lexicalSearch, resolveDocuments } from "./lexical.ts";
import { getMemory, memoryStats, recentMemories, relevantMemories, searchMemories } from "./memories-read.ts";
import { exportMemories } from "./memory-import.ts";
import { unembeddedMemories } from "./memory-vectors.ts";
import { describeNote, embeddedPaths, expandNote } from "./note-view.ts";
import { type Db, openReader } from "./open.ts";
import { questionWords } from "./question-words.ts";
import { folderSources, listSources, sourceById } from "./sources.ts";
import { waitingTurns } from "./turns.ts";
import { chunkCount, documentFrequencies } from "./term-frequencies.ts";
import { backlinks, listNotes, referrers, resolveTarget, vaultStats } from "./vault-notes.ts";
import { embeddingModelId, unembeddedChunks } from "./vectors.ts";
import type { StoreThreadData } from "./writer-thread.ts";

// Only `startReaders` starts this thread.
const data: StoreThreadData = workerData;
const { path } = data;
const db = openReader(path);

/** A store function on the connection that reads. */
function on<A, R>(work: (db: Db, argument: A) => R): (argument: A) => R {
  return (argument) => work(db, argument);
}

type LexicalCall = {
  readonly scope: SearchScope;
  readonly query: string;
  readonly filter: DocumentFilter;
  readonly limit: number;
};

function lexical({ scope, query, filter, limit }: LexicalCall) {
  const documents = resolveDocuments(db, { scope, filter });
  return lexicalSearch(db, { terms: queryTerms(query), scope, documents, limit });
}

/** In how many of all chunks each word stands. */
function vocabulary(words: readonly string[]) {
  return { frequencies: documentFrequencies(db, words), chunks: chunkCount(db) };
}

const api = guarded(path, {
  listCollections: on(listCollections),
  collection: on(collection),
  listSources: on(listSources),
  sourceById: on(sourceById),
  folderSources: () => folderSources(db),
  manifestOf: on(manifestOf),
  listDocuments: on(listDocuments),
  documentById: on(documentById),
  textOfDocument: on(textOfDocument),
  documentStats: on(documentStats),
  listFiles: on(listFiles),
  fileById: on(fileById),
  fileContent: on(fileContent),
  listJobs: on(listJobs),
  jobById: on(jobById),
  waitingJobs: () => waitingJobs(db),
  searchMemories: on(searchMemories),
  relevantMemories: on(relevantMemories),
  recentMemories: on(recentMemories),
  getMemory: on(getMemory),
  memoryStats: on(memoryStats),
  exportMemories: on(exportMemories),
  waitingTurns: on(waitingTurns),
  unembeddedMemories: on(unembeddedMemories),
  unembeddedChunks: on(unembeddedChunks),
  indexHealth: () => checkIntegrityOfIndex(db),
  listNotes: on(listNotes),
  filterNotes: on(resolveDocuments),
  vaultStats: on(vaultStats),
  backlinks: on(backlinks),
  referrers: on(referrers),
  describeNote: on(describeNote),
  embeddedPaths: on(embeddedPaths),
  expandNote: on(expandNote),
  resolveTarget: on(resolveTarget),
  searchScope: on(searchScope),
  storedHits: on(storedHits),
  lexical,
  questionWords: on(questionWords),
  chunkPlaces: on(chunkPlaces),
  vocabulary,
  embeddingModelId: on(embeddingModelId),
});
export type ReaderApi = typeof api;

serveThread(api);
