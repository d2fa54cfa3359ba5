import { AppError } from "@benchai/contract/errors";
import type { JobKind, JobView } from "@benchai/contract/jobs";
import type { FolderSpec, IndexRequest } from "@benchai/contract/rag";

import { documentPathFor, folderFor } from "./core/folder-for.ts";
import { resolveInside } from "./edge/paths.ts";
import { defaultCollection } from "./edge/store/collections.ts";
import { type FileView, ownedFilePurpose } from "./edge/store/files.ts";
import type { NewJob } from "@benchai/jobs/job";
import type { Source } from "./edge/store/sources.ts";
import type { IndexPayload } from "./index-job.ts";

/** What taking documents in needs. Everything is durable when it resolves. */
export type LibraryPorts = {
  folderSource(call: {
    owner: string;
    collection: string;
    folder: FolderSpec;
    nowMs: number;
  }): Promise<Source>;
  handedSource(call: {
    owner: string;
    collection: string;
    kind: "upload" | "text";
    nowMs: number;
  }): Promise<Source>;
  createFile(call: {
    owner: string;
    name: string;
    purpose: string;
    bytes: Uint8Array;
    nowMs: number;
  }): Promise<FileView>;
  file(call: { owner: string; id: string }): Promise<FileView>;
  createJob(job: Omit<NewJob<JobKind>, "nowMs">): Promise<JobView>;
  /** Called when there is a folder source more, or one has other rules. */
  foldersChanged(): Promise<void>;
  isSupported(path: string, mediaType: string | undefined): boolean;
  readonly documentsRoot: string;
};

/** Where a document that is handed over goes; `default` and the file's own name when not said. */
type Destination = { readonly owner: string; readonly collection?: string | undefined };

/** Takes folders, uploads and texts in: each becomes a source and a job, and is acknowledged when both are on the disk. */
export class Library {
  readonly #ports: LibraryPorts;

  constructor(ports: LibraryPorts) {
    this.#ports = ports;
  }

  /** Makes a folder a source, or changes its rules, and indexes it. 404 when it is not there or not the owner's. */
  async addFolder(owner: string, { collection, ...request }: IndexRequest): Promise<JobView> {
    const folder = { ...request, path: folderFor(owner, request.path) };
    await resolveInside(this.#ports.documentsRoot, folder.path);
    const place = { owner, collection: collection ?? defaultCollection, nowMs: Date.now() };
    const source = await this.#ports.folderSource({ ...place, folder });
    const job = await this.#index(owner, { source_id: source.id });
    await this.#ports.foldersChanged();
    return job;
  }

  /** Keeps a text and indexes it under a path. */
  async addText(to: Destination, path: string, text: string): Promise<JobView> {
    return this.#addBytes(to, "text", {
      name: path,
      bytes: Buffer.from(text, "utf8"),
      mediaType: "text/plain",
    });
  }

  /** Keeps an upload and indexes it; the same path again replaces the document. */
  async addUpload(
    to: Destination,
    upload: { readonly name: string; readonly bytes: Uint8Array; readonly mediaType: string | undefined },
  ): Promise<JobView> {
    return this.#addBytes(to, "upload", upload);
  }

  /** Indexes a file that was uploaded before. */
  async addFile(to: Destination, fileId: string, path: string | undefined): Promise<JobView> {
    const file = await this.#ports.file({ owner: to.owner, id: fileId });
    return this.#indexFile(to, "upload", {
      fileId,
      path: this.#pathOf(path ?? file.filename),
      mediaType: undefined,
    });
  }

  async #addBytes(
    to: Destination,
    kind: "upload" | "text",
    { name, bytes, mediaType }: { name: string; bytes: Uint8Array; mediaType: string | undefined },
  ): Promise<JobView> {
    const path = this.#pathOf(name, mediaType);
    const file = { owner: to.owner, name: path, purpose: ownedFilePurpose, bytes, nowMs: Date.now() };
    const { id: fileId } = await this.#ports.createFile(file);
    return this.#indexFile(to, kind, { fileId, path, mediaType });
  }

  async #indexFile(
    { owner, collection = defaultCollection }: Destination,
    kind: "upload" | "text",
    { fileId, path, mediaType }: { fileId: string; path: string; mediaType: string | undefined },
  ): Promise<JobView> {
    const source = await this.#ports.handedSource({ owner, collection, kind, nowMs: Date.now() });
    const type = mediaType === undefined ? {} : { media_type: mediaType };
    return this.#index(owner, { source_id: source.id, file_id: fileId, path, ...type });
  }

  #index(owner: string, payload: IndexPayload): Promise<JobView> {
    return this.#ports.createJob({ owner, kind: "index", payload });
  }

  #pathOf(name: string, mediaType?: string): string {
    const path = documentPathFor(name);
    if (this.#ports.isSupported(path, mediaType)) return path;
    throw new AppError(
      "unsupported_media_type",
      `${path}: this kind of file is not read; docs/knowledge.md lists which are`,
      {
        param: "path",
      },
    );
  }
}
