import type { Dirent } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { isUtf8 } from "node:buffer";
import { join } from "node:path";

import { hasControlCharacter } from "../core/folder-for.ts";
import {
  type FolderRules,
  globRules,
  type Globs,
  type IgnoreLevel,
  ignoreLevel,
  isIgnored,
} from "../core/ignore-rules.ts";
import { isSameStamp, type Seen, type SeenFile, type Stamp } from "../core/manifest.ts";
import { codeOf, isGone, readFlags, stampOf } from "./file-stamp.ts";
import { folderAway } from "./paths.ts";

export type ScanOptions = Globs & {
  readonly recursive?: boolean | undefined;
  /** Whether there is a parser for it; others are passed over without a word. */
  readonly isSupported: (path: string) => boolean;
  /** Lists the names of the files that are not supported too. */
  readonly listsOthers?: boolean;
  readonly signal: AbortSignal;
};

/** What a walk saw. `folders` are absolute paths, to be watched; `notes` say what was left out for an odd reason. */
export type FolderScan = Seen<SeenFile> & {
  readonly folders: readonly string[];
  readonly notes: readonly string[];
  /** Paths of files without a parser, when they were asked for. */
  readonly others: readonly string[];
  /** Nothing at all in the root: also what a mount that is not there looks like. */
  readonly isRootEmpty: boolean;
};

/** File operations at once: libuv has four threads unless told otherwise. */
const statsAtOnce = 16;
/** Deeper trees are made by machines, or by somebody who wants the walk never to end. */
const deepest = 64;
const ignoreFiles = [".gitignore", ".benchaiignore"];
const longestIgnoreFile = 1024 * 1024;

type Walk = {
  readonly root: string;
  readonly rules: FolderRules;
  readonly options: ScanOptions;
  readonly files: SeenFile[];
  readonly unseen: string[];
  readonly folders: string[];
  readonly notes: string[];
  readonly others: string[];
};
type Folder = { readonly path: string; readonly levels: readonly IgnoreLevel[]; readonly depth: number };

/**
 * Lists the files of a folder that are to be indexed, with their stamps, and reads none but ignore files. Links are
 * not followed, nor are files other than regular ones opened. Throws `storage_unavailable` when the root cannot be listed.
 */
export async function scanFolder(root: string, options: ScanOptions): Promise<FolderScan> {
  const walk: Walk = {
    root,
    rules: globRules(options),
    options,
    files: [],
    unseen: [],
    folders: [],
    notes: [],
    others: [],
  };
  const waiting: Folder[] = [{ path: "", levels: [], depth: 0 }];
  let isRootEmpty = false;
  for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
    options.signal.throwIfAborted();
    const entries = await list(walk, folder);
    if (folder.path === "") isRootEmpty = entries.length === 0;
    waiting.push(...(await visit(walk, folder, entries)));
  }
  const { files, unseen, folders, notes, others } = walk;
  return { files, unseen, folders, notes, others, isRootEmpty };
}

/** What a file is now; undefined when it is a link, or no regular file. */
async function stampAt(path: string): Promise<Stamp | undefined> {
  const stats = await lstat(path, { bigint: true });
  return stats.isFile() ? stampOf(stats) : undefined;
}

/**
 * A file's bytes with the stamp that they belong to; undefined when it changed while it was read, grew beyond
 * `maxBytes`, or is no file any more.
 */
export async function readStamped(
  path: string,
  maxBytes: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; stamp: Stamp } | undefined> {
  const file = await open(path, readFlags).catch((error: NodeJS.ErrnoException) => {
    if (isGone(error, "ELOOP")) return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const before = await file.stat({ bigint: true });
    if (!before.isFile() || before.size > maxBytes) return undefined;
    const bytes = await file.readFile();
    const after = stampOf(await file.stat({ bigint: true }));
    const isWhole = isSameStamp(stampOf(before), after) && bytes.length === after.sizeBytes;
    return isWhole ? { bytes, stamp: after } : undefined;
  } finally {
    await file.close();
  }
}

async function list(walk: Walk, { path }: Folder): Promise<Dirent<Buffer>[]> {
  const absolute = join(walk.root, path);
  try {
    const entries = await readdir(absolute, { withFileTypes: true, encoding: "buffer" });
    walk.folders.push(absolute);
    return entries;
  } catch (error) {
    if (path === "") throw folderAway(absolute, error);
    // Gone since its parent was listed, or not readable: only the first says that its files are gone.
    if (!isGone(error)) leaveUnseen(walk, path, codeOf(error));
    return [];
  }
}

/** Takes a folder's files and answers with the folders below it that are to be walked. */
async function visit(walk: Walk, folder: Folder, entries: readonly Dirent<Buffer>[]): Promise<Folder[]> {
  const named = entries.flatMap((entry) => {
    const name = nameOf(walk, folder, entry);
    return name === undefined
      ? []
      : [{ entry, name, path: folder.path === "" ? name : `${folder.path}/${name}` }];
  });
  const ownLevels = await readIgnoreFiles(walk, folder, new Set(named.map((n) => n.name)));
  if (!ownLevels) return [];
  const levels = [...folder.levels, ...ownLevels];
  const below = named.filter(
    ({ entry, path }) =>
      entry.isDirectory() && walk.rules.isFolderWanted(path) && !isIgnored(levels, `${path}/`),
  );
  const wanted = named.filter(
    ({ entry, path }) => entry.isFile() && walk.rules.isFileWanted(path) && !isIgnored(levels, path),
  );
  const { files = [], others = [] } = Object.groupBy(wanted, ({ path }) =>
    walk.options.isSupported(path) ? "files" : "others",
  );
  if (walk.options.listsOthers) for (const { path } of others) walk.others.push(path);
  for (let i = 0; i < files.length; i += statsAtOnce)
    await Promise.all(files.slice(i, i + statsAtOnce).map(({ path }) => look(walk, path)));
  const isDeep = folder.depth >= deepest && below.length > 0;
  if (isDeep) walk.notes.push(`${folder.path}: folders below depth ${deepest} are left out`);
  if (walk.options.recursive === false || isDeep) return [];
  return below.map(({ path }) => ({ path, levels, depth: folder.depth + 1 }));
}

/** The name as text; undefined, with a note, for names that cannot be cited. */
function nameOf(walk: Walk, folder: Folder, { name }: Dirent<Buffer>): string | undefined {
  const text = name.toString("utf8");
  if (isUtf8(name) && !hasControlCharacter(text)) return text;
  const shown = JSON.stringify(join(folder.path, text));
  walk.notes.push(`${shown} is left out: its name has control characters or is not UTF-8; rename it`);
  return undefined;
}

async function look(walk: Walk, path: string): Promise<void> {
  try {
    const found = await stampAt(join(walk.root, path));
    if (found) walk.files.push({ path, stamp: found });
  } catch (error) {
    if (!isGone(error)) leaveUnseen(walk, path, codeOf(error));
  }
}

/** Undefined when one cannot be read: without its rules the folder would show what they keep out, so it is not looked at. */
async function readIgnoreFiles(
  walk: Walk,
  { path }: Folder,
  names: ReadonlySet<string>,
): Promise<IgnoreLevel[] | undefined> {
  const levels: IgnoreLevel[] = [];
  for (const name of ignoreFiles.filter((n) => names.has(n))) {
    const file = join(walk.root, path, name);
    const read = await readStamped(file, longestIgnoreFile).catch(() => undefined);
    if (!read) {
      leaveUnseen(walk, path, `${name} could not be read`);
      return undefined;
    }
    levels.push(ignoreLevel(path, Buffer.from(read.bytes).toString("utf8")));
  }
  return levels;
}

function leaveUnseen(walk: Walk, path: string, why: string): void {
  walk.unseen.push(path);
  walk.notes.push(`${path || "the folder"} was not looked at (${why}): what is indexed of it stays as it is`);
}
