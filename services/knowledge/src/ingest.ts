import { join } from "node:path";

import { AppError } from "@benchai/contract/errors";

import {
  batches,
  diffManifest,
  GoneDocuments,
  type KnownDocument,
  type Seen,
  type SeenFile,
} from "./core/manifest.ts";
import { type FolderScan, scanFolder } from "./edge/folder-scan.ts";
import { folderAway, resolveInside } from "./edge/paths.ts";
import type { DocumentCommit, SourceChange } from "./edge/store/commit.ts";
import type { StoredFile } from "./edge/store/files.ts";
import type { FolderSource, Source } from "./edge/store/sources.ts";
import { isVaultDocument } from "./core/vault/vault-paths.ts";
import { Locks } from "./locks.ts";
import { type Prepared, prepareBytes, prepareFiles, type PreparePorts } from "./prepare.ts";

/** What indexing reads and writes. Changes are durable when `commit` resolves. */
export type IngestPorts = PreparePorts & {
  source(call: { readonly sourceId: number }): Promise<Source | undefined>;
  manifest(call: { readonly sourceId: number }): Promise<readonly KnownDocument[]>;
  commit(change: SourceChange): Promise<unknown>;
  /** Every file of a vault: what its links can name. */
  setVaultFiles(call: { readonly sourceId: number; readonly paths: readonly string[] }): Promise<unknown>;
  mark(call: { sourceId: number; problem: string | undefined; nowMs: number }): Promise<unknown>;
  /** Takes deleted text out of the write-ahead log. */
  truncateWal(): Promise<unknown>;
  file(call: { readonly owner: string; readonly id: string }): Promise<StoredFile>;
  isSupported(path: string): boolean;
};

export type IngestSettings = {
  readonly documentsRoot: string;
  /** Where the vault is; undefined when there is none. */
  readonly vaultRoot?: string | undefined;
  /** The largest file that is read, in bytes; larger ones are listed with that as their problem. */
  readonly maxFileBytes: number;
};

/** How an index run is steered and watched. `done` and `total` count files, those that were indexed before included. */
export type IngestControl = {
  readonly signal: AbortSignal;
  report(progress: { readonly done: number; readonly total: number; readonly message: string }): void;
};

/** What a run did, in documents. */
type IngestResult = {
  readonly added: number;
  readonly edited: number;
  readonly renamed: number;
  readonly removed: number;
  readonly touched: number;
  readonly unchanged: number;
  /** Listed without chunks: they could not be read, or are too large. */
  readonly unreadable: number;
  /** Files that changed while they were read: the next run takes them. */
  readonly unsettled: number;
  readonly notes: readonly string[];
};

/** A run as its watcher sees it: the folders that it walked through, and what looking alone took. */
export type FolderRun = {
  readonly result: IngestResult;
  readonly folders: readonly string[];
  readonly scanMs: number;
};

/** Small documents share a transaction: one fsync and one segment of the full-text index for many. */
const batchLimits = { maxBytes: 1024 * 1024, maxCount: 1_024 };
const shownNotes = 50;

/** Brings the index in line with what is in the sources. A source is indexed by one run at a time. */
export class Ingest {
  readonly #ports: IngestPorts;
  readonly #settings: IngestSettings;
  readonly #locks = new Locks<number>();

  constructor(ports: IngestPorts, settings: IngestSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /**
   * Indexes a folder: unchanged files are not read, and a run that was cut off goes on where it was, as the store is
   * compared with the folder anew. `storage_unavailable` when the folder is away: then nothing is deleted.
   */
  indexFolder(sourceId: number, control: IngestControl): Promise<FolderRun> {
    return this.#locks.run(sourceId, control.signal, async () => {
      const source = await this.#ports.source({ sourceId });
      if (!source?.folder) throw new AppError("not_found", `source ${sourceId} is no folder, or was deleted`);
      try {
        const run = await this.#run(source, source.folder, control);
        await this.#mark(sourceId, undefined);
        return run;
      } catch (error) {
        if (error instanceof AppError) await this.#mark(sourceId, error.message);
        throw error;
      }
    });
  }

  /** Indexes a file that was handed over, under the path that it was given. */
  indexFile(
    call: { sourceId: number; fileId: string; path: string; mediaType?: string },
    control: IngestControl,
  ) {
    const { sourceId, fileId, path, mediaType } = call;
    return this.#locks.run(sourceId, control.signal, async () => {
      const source = await this.#ports.source({ sourceId });
      if (!source)
        throw new AppError("not_found", "the collection was deleted before the document was indexed");
      const { bytes, createdMs } = await this.#ports.file({ owner: source.owner, id: fileId });
      // Bytes that were handed over are told apart by the file's id.
      const stamp = { sizeBytes: bytes.length, mtimeNs: "", ctimeNs: "", inode: fileId };
      const commit = await prepareBytes(this.#ports.parse, {
        path,
        bytes,
        stamp,
        changedMs: createdMs,
        mediaType,
      });
      await this.#ports.commit({ sourceId, nowMs: Date.now(), documents: [commit] });
      await this.#mark(sourceId, undefined);
      await this.#ports.truncateWal();
      if ("problem" in commit.outcome) throw new AppError("document_unreadable", commit.outcome.problem);
      return { path, chunks: commit.outcome.chunks.length };
    });
  }

  async #run(source: Source, folder: FolderSource, control: IngestControl): Promise<FolderRun> {
    const startMs = performance.now();
    const root = await this.#open(source, folder);
    const isVault = source.kind === "vault";
    const isSupported = isVault ? isVaultDocument : (path: string) => this.#ports.isSupported(path);
    const options = { ...folder, isSupported, listsOthers: isVault, signal: control.signal };
    const scan = await scanFolder(root, options);
    const known = await this.#ports.manifest({ sourceId: source.id });
    if (scan.isRootEmpty && known.length > 0)
      throw new AppError(
        "storage_unavailable",
        `${root} is empty, and ${known.length} documents of it are indexed: it looks like a mount that is away, so they stay. Delete the source if the folder is to be empty`,
      );
    const paths = [...scan.files.map(({ path }) => path), ...scan.others];
    if (isVault) await this.#ports.setVaultFiles({ sourceId: source.id, paths });
    const pass = new FolderPass(this.#ports, this.#settings, { root, sourceId: source.id, isVault, control });
    const scanMs = performance.now() - startMs;
    return { result: await pass.run(scan, known), folders: scan.folders, scanMs };
  }

  /** A folder that is missing is away: it was there when it was made a source. */
  async #open({ kind }: Source, { path }: FolderSource): Promise<string> {
    const { documentsRoot, vaultRoot } = this.#settings;
    const root = kind === "vault" ? vaultRoot : documentsRoot;
    if (root === undefined)
      throw new AppError(
        "storage_unavailable",
        "no vault is configured (OBSIDIAN_VAULT in .env); what is indexed of it stays until its collection is deleted",
      );
    try {
      return await resolveInside(root, path);
    } catch (error) {
      if (error instanceof AppError && error.code === "not_found") throw folderAway(join(root, path), error);
      throw error;
    }
  }

  #mark(sourceId: number, problem: string | undefined): Promise<unknown> {
    return this.#ports.mark({ sourceId, problem, nowMs: Date.now() });
  }
}

type Counts = { -readonly [K in Exclude<keyof IngestResult, "notes">]: number };
type FileToRead = SeenFile & { readonly known: KnownDocument | undefined };
type Place = {
  readonly root: string;
  readonly sourceId: number;
  readonly isVault: boolean;
  readonly control: IngestControl;
};

/** One pass over a folder: what was scanned is read, parsed and committed in batches, and what is gone is deleted last. */
class FolderPass {
  readonly #ports: IngestPorts;
  readonly #settings: IngestSettings;
  readonly #place: Place;
  readonly #counts: Counts = {
    added: 0,
    edited: 0,
    renamed: 0,
    removed: 0,
    touched: 0,
    unchanged: 0,
    unreadable: 0,
    unsettled: 0,
  };

  constructor(ports: IngestPorts, settings: IngestSettings, place: Place) {
    this.#ports = ports;
    this.#settings = settings;
    this.#place = place;
  }

  async run(
    scan: Seen<SeenFile> & Pick<FolderScan, "notes">,
    known: readonly KnownDocument[],
  ): Promise<IngestResult> {
    const { unchanged, read, gone } = diffManifest(scan, known);
    const lost = new GoneDocuments(gone);
    const total = unchanged.length + read.length;
    this.#counts.unchanged = unchanged.length;
    let done = unchanged.length;
    this.#report(done, total);
    let change: SourceChange | undefined;
    for (const files of batches(read, (f) => f.stamp.sizeBytes, batchLimits)) {
      this.#place.control.signal.throwIfAborted();
      // The next batch is read and parsed while the last one is written.
      const [next] = await Promise.all([this.#prepare(files), change && this.#ports.commit(change)]);
      change = this.#change(next, lost);
      done += files.length;
      this.#report(done, total);
    }
    if (change) await this.#ports.commit(change);
    await this.#removeRest(lost);
    return { ...this.#counts, notes: scan.notes.slice(0, shownNotes) };
  }

  async #prepare(files: readonly FileToRead[]): Promise<readonly Prepared[]> {
    const { root, isVault: isNote, control } = this.#place;
    const { maxFileBytes } = this.#settings;
    const { signal } = control;
    const prepared = await prepareFiles(this.#ports, { root, files, isNote, maxFileBytes, signal });
    signal.throwIfAborted();
    this.#counts.unsettled += files.length - prepared.length;
    return prepared;
  }

  #change(prepared: readonly Prepared[], gone: GoneDocuments): SourceChange {
    const same = prepared.filter((p) => p.kind === "same");
    this.#counts.touched += same.length;
    return {
      sourceId: this.#place.sourceId,
      nowMs: Date.now(),
      documents: prepared.flatMap((p) => (p.kind === "read" ? [this.#settle(p, gone)] : [])),
      touched: same.map(({ document, stamp }) => ({ documentId: document.documentId, stamp })),
    };
  }

  /** Finds the row that a document that was read belongs into, and counts what it is. */
  #settle({ known, commit }: Prepared & { kind: "read" }, gone: GoneDocuments): DocumentCommit {
    const finding = gone.find(known, commit.sha256);
    this.#counts[finding.kind === "new" ? "added" : finding.kind] += 1;
    if ("problem" in commit.outcome) this.#counts.unreadable += 1;
    return finding.kind === "new" ? commit : { ...commit, documentId: finding.document.documentId };
  }

  /** What was deleted or written over shall be nowhere in the files, so the log goes too. */
  async #removeRest(lost: GoneDocuments): Promise<void> {
    const { sourceId } = this.#place;
    for (const some of batches(lost.rest, () => 1, { maxBytes: 64, maxCount: 64 })) {
      this.#place.control.signal.throwIfAborted();
      const removedIds = some.map((d) => d.documentId);
      await this.#ports.commit({ sourceId, nowMs: Date.now(), documents: [], removedIds });
      this.#counts.removed += some.length;
    }
    const { removed, edited, renamed } = this.#counts;
    if (removed + edited + renamed > 0) await this.#ports.truncateWal();
  }

  #report(done: number, total: number): void {
    this.#place.control.report({ done, total, message: `${done} of ${total} files` });
  }
}
