import { AppError } from "@benchai/contract/errors";

import { isReferrer } from "../../core/vault/path-rules.ts";
import { foldPath } from "../../core/vault/vault-names.ts";
import { alreadyThere, assertCondition, noteChanged, noSuchNote } from "./conditions.ts";
import { bytesOf, textOf } from "./note-file.ts";
import { moveOf, renamedText } from "./rename-stage.ts";
import type { RestFiles, StoredFile } from "./rest-files.ts";
import type { Condition, Renamed } from "./vault.ts";

export type RestRename = {
  readonly from: string;
  readonly to: string;
  /** Other notes and canvases that may link to it. */
  readonly referrers: readonly string[];
  readonly condition: Condition;
  /** Every file of the vault. */
  readonly paths: readonly string[];
  readonly maxBytes: number;
};

/** A file that is to be written; `before` is undefined for a new one. */
type Change = { readonly path: string; readonly before: StoredFile | undefined; readonly bytes: Uint8Array };

/**
 * Moves a file and rewrites the links to it. There is no transaction behind the plugin, so the order is one that loses
 * nothing wherever it is cut short: first the file is written at its new path, then the notes that link to it, and
 * the old one is removed at last. When a step fails the steps before it are taken back. What a crash of this process
 * leaves, or of the other machine: the file at both paths, and some notes' links leading to the new one; no link is
 * broken, and the same rename is refused as the new name is taken, until one of the two is removed.
 */
export async function renameRest(files: RestFiles, order: RestRename): Promise<Renamed> {
  const { from, to, condition } = order;
  const source = await files.find(from);
  if (!source) throw noSuchNote(from);
  assertCondition(from, condition, source.etag);
  if (from === to) return { path: to, etag: source.etag, isNew: false, updated: [] };
  const { own, others } = await rewritten(files, order, source);
  const done: Change[] = [];
  try {
    // A system that takes the two names for one would have the file overwritten, and then removed.
    const isOneName = foldPath(from) === foldPath(to);
    const first = { path: isOneName ? besides(to) : to, before: undefined, bytes: own };
    for (const change of [first, ...others]) await write(files, change, done);
    await removeSource(files, from, source, done);
    if (isOneName) await finish(files, first, to, done);
  } catch (error) {
    throw await undone(files, done, error);
  }
  const moved = await files.find(to);
  if (!moved) throw noteChanged(to, true);
  return { path: to, etag: moved.etag, isNew: false, updated: others.map(({ path }) => path) };
}

/** The texts that are to be written, all made before the first one is. */
async function rewritten(
  files: RestFiles,
  { from, to, referrers, paths, maxBytes }: RestRename,
  source: StoredFile,
) {
  const move = moveOf(from, to, paths);
  const renamed = (path: string, file: StoredFile) => {
    const text = isReferrer(path) ? renamedText(textOf(file.bytes, path), path, move) : undefined;
    return text === undefined ? undefined : bytesOf(text, maxBytes);
  };
  const others: Change[] = [];
  for (const path of referrers) {
    const before = await files.find(path);
    const bytes = before && renamed(path, before);
    if (bytes) others.push({ path, before, bytes });
  }
  return { own: renamed(from, source) ?? source.bytes, others };
}

async function write(files: RestFiles, change: Change, done: Change[]): Promise<void> {
  const { path, before, bytes } = change;
  // Counted before it is known to be done: what is not there as it was written is not taken back.
  done.unshift(change);
  // Whoever wrote since the texts were made is not overwritten, where the plugin itself does not see to that.
  const isAsItWas = before?.tag !== undefined || (await files.find(path))?.etag === before?.etag;
  if (isAsItWas && (await files.replace(path, before, bytes))) return;
  throw before ? noteChanged(path, false) : alreadyThere(path);
}

async function removeSource(
  files: RestFiles,
  from: string,
  source: StoredFile,
  done: Change[],
): Promise<void> {
  if (!(await files.remove(from, source))) throw noteChanged(from, false);
  done.unshift({ path: from, before: source, bytes: new Uint8Array() });
}

async function finish(files: RestFiles, first: Change, to: string, done: Change[]): Promise<void> {
  await write(files, { path: to, before: undefined, bytes: first.bytes }, done);
  const copy = await files.find(first.path);
  if (copy) await files.remove(first.path, copy);
}

function besides(path: string): string {
  const dot = path.lastIndexOf(".");
  return `${path.slice(0, dot)} (being renamed)${path.slice(dot)}`;
}

/** Takes back what was done, the last first; what somebody has changed since is theirs and stays. */
async function undone(files: RestFiles, done: readonly Change[], cause: unknown): Promise<unknown> {
  const left: string[] = [];
  for (const change of done) if (!(await takeBack(files, change).catch(() => false))) left.push(change.path);
  if (left.length === 0) return cause;
  return new AppError(
    cause instanceof AppError ? cause.code : "storage_unavailable",
    `${cause instanceof Error ? cause.message : String(cause)}. The rename was taken back but for ` +
      `${left.slice(0, 5).join(", ")}${left.length > 5 ? ` and ${left.length - 5} more` : ""}: look at them`,
    { cause },
  );
}

/** Whether all is as it was before the change. */
async function takeBack(files: RestFiles, { path, before, bytes }: Change): Promise<boolean> {
  const now = await files.find(path);
  if (before === undefined) return !now || !now.bytes.equals(bytes) || files.remove(path, now);
  if (!now) return files.replace(path, undefined, before.bytes);
  if (now.etag === before.etag || !now.bytes.equals(bytes)) return true;
  return files.replace(path, now, before.bytes);
}
