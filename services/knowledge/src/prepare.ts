import { createHash, webcrypto } from "node:crypto";
import { basename, dirname, join } from "node:path";

import { AppError } from "@benchai/contract/errors";

import type { DocumentContent } from "./core/document.ts";
import type { KnownDocument, SeenFile, Stamp } from "./core/manifest.ts";
import { readStamped } from "./edge/folder-scan.ts";
import { resolveInside } from "./edge/paths.ts";
import type { DocumentCommit } from "./edge/store/commit.ts";

/** Reads a document's bytes into text and chunks; see `parsers/`. What it throws is the document's problem. */
export type Parse = (input: {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
  readonly isNote?: boolean;
}) => Promise<DocumentContent>;

/** A file that was read: its bytes are what is indexed already and were not parsed, or they are to be written. */
export type Prepared =
  | { readonly kind: "same"; readonly document: KnownDocument; readonly stamp: Stamp }
  | { readonly kind: "read"; readonly known: KnownDocument | undefined; readonly commit: DocumentCommit };

/** Bytes and where they came from. */
export type ReadBytes = {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly stamp: Stamp;
  readonly changedMs: number;
  readonly mediaType?: string | undefined;
  readonly isNote?: boolean;
};

type FileToPrepare = {
  readonly folders: FolderPlaces;
  readonly file: SeenFile;
  readonly known: KnownDocument | undefined;
  /** Of a vault. */
  readonly isNote: boolean;
  readonly maxFileBytes: number;
  readonly signal: AbortSignal;
};

const tries = 3;
/**
 * Two changes within one tick of the file system's clock look like one (git: "racy" entries). What changed this
 * shortly before it was read gets a stamp that no file has, and is read once more by the next run.
 */
const racyMs = 50;

/** Reads and parses one file of a folder; undefined when it does not hold still, or is gone. */
export async function prepareFile(parse: Parse, call: FileToPrepare): Promise<Prepared | undefined> {
  const { file, known, maxFileBytes, signal } = call;
  if (file.stamp.sizeBytes > maxFileBytes) {
    const problem = `too large: ${file.stamp.sizeBytes} bytes, at most ${maxFileBytes} are read (MAX_FILE_BYTES)`;
    return { kind: "read", known, commit: withoutContent(file, problem) };
  }
  try {
    for (let i = 0; i < tries && !signal.aborted; i += 1) {
      const read = await readInside(call);
      if (read) return await prepareRead(parse, read, known);
    }
    return undefined;
  } catch (error) {
    if (isFatal(error)) throw error;
    return { kind: "read", known, commit: withoutContent(file, messageOf(error)) };
  }
}

/** Hashes and parses bytes that were handed over. */
export async function prepareBytes(parse: Parse, read: ReadBytes): Promise<DocumentCommit> {
  return commitOf(parse, read, await sha256Of(read.bytes));
}

async function prepareRead(
  parse: Parse,
  read: ReadBytes,
  known: KnownDocument | undefined,
): Promise<Prepared> {
  const sha256 = await sha256Of(read.bytes);
  if (known?.sha256 === sha256) return { kind: "same", document: known, stamp: read.stamp };
  return { kind: "read", known, commit: await commitOf(parse, read, sha256) };
}

async function commitOf(parse: Parse, read: ReadBytes, sha256: string): Promise<DocumentCommit> {
  const { path, bytes, stamp, changedMs, mediaType, isNote = false } = read;
  const type = mediaType === undefined ? {} : { mediaType };
  const outcome = await outcomeOf(parse, { path, bytes, isNote, ...type });
  return { path, stamp, sha256, changedMs, outcome };
}

/** Where the folders of a batch of files lie, each seen once: between the walk and now, a link may have taken its name. */
export class FolderPlaces {
  readonly #root: string;
  readonly #places = new Map<string, Promise<string | undefined>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Undefined for a folder that is gone. */
  of(folder: string): Promise<string | undefined> {
    const place = this.#places.get(folder) ?? resolveInside(this.#root, folder).catch(undefinedWhenGone);
    this.#places.set(folder, place);
    return place;
  }
}

async function readInside(call: FileToPrepare): Promise<ReadBytes | undefined> {
  const { folders, file, maxFileBytes, isNote } = call;
  const { path } = file;
  const folder = await folders.of(dirname(path));
  const read =
    folder === undefined ? undefined : await readStamped(join(folder, basename(path)), maxFileBytes);
  if (!read) return undefined;
  return { path, bytes: read.bytes, stamp: settled(read.stamp), changedMs: mtimeMs(read.stamp), isNote };
}

function undefinedWhenGone(error: unknown): undefined {
  if (error instanceof AppError && error.code === "not_found") return undefined;
  throw error;
}

/** A parser that fails, also by crashing, fails its document; only the end of the service is nobody's fault. */
async function outcomeOf(parse: Parse, input: Parameters<Parse>[0]): Promise<DocumentCommit["outcome"]> {
  try {
    return await parse(input);
  } catch (error) {
    if (isFatal(error)) throw error;
    return { problem: messageOf(error) };
  }
}

function isFatal(error: unknown): boolean {
  return (
    error instanceof AppError && (error.code === "shutting_down" || error.code === "storage_unavailable")
  );
}

/** What takes longer than a tenth of a millisecond is hashed in libuv's threads (WebCrypto), off the event loop. */
async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes.length <= 65_536) return createHash("sha256").update(bytes).digest("hex");
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", bytes)).toString("hex");
}

function withoutContent({ path, stamp }: SeenFile, problem: string): DocumentCommit {
  return { path, stamp, sha256: "", changedMs: mtimeMs(stamp), outcome: { problem } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function mtimeMs({ mtimeNs }: Stamp): number {
  return Number(BigInt(mtimeNs) / 1_000_000n);
}

function settled(stamp: Stamp): Stamp {
  const ageMs = Date.now() - Number(BigInt(stamp.ctimeNs) / 1_000_000n);
  return Math.abs(ageMs) < racyMs ? { ...stamp, ctimeNs: "" } : stamp;
}
