import { join, relative } from "node:path";

import { AppError } from "@benchai/contract/errors";

import { isNote } from "../../core/vault/path-rules.ts";
import { renameInCanvas } from "../../core/vault/rename-canvas.ts";
import { renameLinks, type VaultMove } from "../../core/vault/rename-links.ts";
import { VaultNames } from "../../core/vault/vault-names.ts";
import { inBatches } from "./batches.ts";
import { statsOf } from "./disk.ts";
import { bytesOf, etagOf, type NoteFiles, textOf } from "./note-file.ts";
import type { RenameStep } from "./rename-journal.ts";
import { stage, unstage } from "./staging.ts";
import type { Place } from "./vault-paths.ts";

/** What rewriting links needs of the vault. */
export type RewritePorts = { readonly root: string; readonly notes: NoteFiles };

/** A note whose links may change: `source` is where it lies now, `target` where it is to lie. */
export type Rewriting = { readonly path: string; readonly source: Place; readonly target: Place };

/** `etag` is of the bytes that were read; `step` is undefined when no link of the note changes. */
export type Rewritten = {
  readonly source: Place;
  readonly etag: string;
  readonly newEtag: string;
  readonly step: RenameStep | undefined;
};

/** A move as links see it, with the files that there are before it is done or after. */
export function moveOf(from: string, to: string, paths: readonly string[]): VaultMove {
  const before = new VaultNames([...paths.filter((path) => path !== to), from]);
  const moves = new Map([[from, to]]);
  return { before, after: before.moved(moves), moves };
}

const notesAtOnce = 8;

/** Stages the rewritten texts of notes beside their targets, on the disk; nothing is left staged when it throws. */
export async function stageRewritten(
  ports: RewritePorts,
  move: VaultMove,
  notes: readonly Rewriting[],
): Promise<readonly Rewritten[]> {
  const done: Rewritten[] = [];
  try {
    await inBatches(notes, notesAtOnce, async (note) => {
      const rewritten = await rewrite(ports, move, note);
      if (rewritten) done.push(rewritten);
    });
    return done;
  } catch (error) {
    await unstageSteps(ports.root, stepsOf(done));
    throw error;
  }
}

/** The steps of the notes whose texts change. */
export function stepsOf(rewritten: readonly Rewritten[]): readonly RenameStep[] {
  return rewritten.flatMap(({ step }) => step ?? []);
}

/** Takes away what was staged and not used. */
export async function unstageSteps(root: string, steps: readonly RenameStep[]): Promise<void> {
  for (const { staged } of steps) await unstage(join(root, staged));
}

/** Undefined when the note is gone. */
async function rewrite(
  { root, notes }: RewritePorts,
  move: VaultMove,
  { path, source, target }: Rewriting,
): Promise<Rewritten | undefined> {
  const read = await notes.read(source);
  if (!read) return undefined;
  const { etag } = read;
  const text = renamedText(textOf(read.bytes, path), path, move);
  if (text === undefined) return { source, etag, newEtag: etag, step: undefined };
  const bytes = bytesOf(text, notes.maxBytes);
  const rights = await statsOf(source.file);
  const staged = await stage(target.folder, bytes, rights);
  const step = {
    path: target.path,
    file: relative(root, target.file),
    staged: relative(root, staged.file),
    etag,
  };
  return { source, etag, newEtag: etagOf(bytes), step };
}

/** Undefined when the text stays as it is. */
export function renamedText(text: string, path: string, move: VaultMove): string | undefined {
  const rename = isNote(path) ? renameLinks : renameInCanvas;
  const { text: renamed, changed, lost } = rename(text, path, move);
  if (lost.length === 0) return changed > 0 ? renamed : undefined;
  throw new AppError(
    "invalid_request",
    `links of ${JSON.stringify(path)} could not follow to the new name (${lost.slice(0, 3).join(", ")}); nothing was changed. Choose another name`,
    { param: "to" },
  );
}
