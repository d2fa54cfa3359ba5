import { createHash, webcrypto } from "node:crypto";

import { AppError } from "@benchai/contract/errors";

import type { DocumentContent } from "./core/document.ts";
import type { KnownDocument, SeenFile, Stamp } from "./core/manifest.ts";
import type { FileRead, FilesToRead } from "./edge/read-files.ts";
import type { DocumentCommit } from "./edge/store/commit.ts";
import { mapAtOnce } from "./map-at-once.ts";

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

type FilesToPrepare = {
  readonly root: string;
  readonly files: readonly (SeenFile & { readonly known: KnownDocument | undefined })[];
  /** Of a vault. */
  readonly isNote: boolean;
  readonly maxFileBytes: number;
  readonly signal: AbortSignal;
};

export type PreparePorts = {
  readonly parse: Parse;
  /** Answers in the order of the paths. */
  read(files: FilesToRead): Promise<readonly FileRead[]>;
};

/**
 * Two changes within one tick of the file system's clock look like one (git: "racy" entries). What changed this
 * shortly before it was read gets a stamp that no file has, and is read once more by the next run.
 */
const racyMs = 50;

/** Enough to keep the parsers busy; a run that is cancelled waits for these. */
const parsedAtOnce = 32;

/** Reads and parses files of a folder. Those that do not hold still, or are gone, are left out. */
export async function prepareFiles(ports: PreparePorts, call: FilesToPrepare): Promise<readonly Prepared[]> {
  const { root, maxFileBytes, isNote, signal } = call;
  const { large = [], files = [] } = Object.groupBy(call.files, ({ stamp }) =>
    stamp.sizeBytes > maxFileBytes ? "large" : "files",
  );
  const reads = await ports.read({ root, paths: files.map(({ path }) => path), maxFileBytes });
  const prepared = await mapAtOnce([...files.entries()], parsedAtOnce, async ([i, { known, ...file }]) => {
    signal.throwIfAborted();
    return prepareRead(ports.parse, file, known, isNote, reads[i]);
  });
  return [...large.map((file) => tooLarge(file, maxFileBytes)), ...prepared.filter((p) => p !== undefined)];
}

async function prepareRead(
  parse: Parse,
  file: SeenFile,
  known: KnownDocument | undefined,
  isNote: boolean,
  read: FileRead,
): Promise<Prepared | undefined> {
  if (!read) return undefined;
  if ("problem" in read) return { kind: "read", known, commit: withoutContent(file, read.problem) };
  const { bytes, sha256 } = read;
  const stamp = settled(read.stamp);
  if (known?.sha256 === sha256) return { kind: "same", document: known, stamp };
  const content = { path: file.path, bytes, stamp, changedMs: mtimeMs(read.stamp), isNote };
  return { kind: "read", known, commit: await commitOf(parse, content, sha256) };
}

function tooLarge({ known, ...file }: FilesToPrepare["files"][number], maxFileBytes: number): Prepared {
  const problem = `too large: ${file.stamp.sizeBytes} bytes, at most ${maxFileBytes} are read (MAX_FILE_BYTES)`;
  return { kind: "read", known, commit: withoutContent(file, problem) };
}

/** Hashes and parses bytes that were handed over. */
export async function prepareBytes(parse: Parse, read: ReadBytes): Promise<DocumentCommit> {
  return commitOf(parse, read, await sha256Of(read.bytes));
}

async function commitOf(parse: Parse, read: ReadBytes, sha256: string): Promise<DocumentCommit> {
  const { path, bytes, stamp, changedMs, mediaType, isNote = false } = read;
  const type = mediaType === undefined ? {} : { mediaType };
  const outcome = await outcomeOf(parse, { path, bytes, isNote, ...type });
  return { path, stamp, sha256, changedMs, outcome };
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
