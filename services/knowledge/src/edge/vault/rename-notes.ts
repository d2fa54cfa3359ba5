import { dirname, join, relative } from "node:path";
import { lstat } from "node:fs/promises";

import { isReferrer } from "../../core/vault/path-rules.ts";
import { fileSha256 } from "../store/durable.ts";
import { inBatches } from "./batches.ts";
import { alreadyThere, alwaysChanging, noteChanged } from "./conditions.ts";
import { syncFolder } from "./disk.ts";
import type { RenameJournal } from "./rename-journal.ts";
import { rollForward, type RollPorts } from "./rename-roll.ts";
import { moveOf, type Rewritten, stageRewritten, stepsOf, unstageSteps } from "./rename-stage.ts";
import { makeFolders, type Place, removeFolders } from "./vault-paths.ts";
import type { Renamed } from "./vault.ts";

export type RenameRequest = {
  readonly from: Place;
  readonly to: Place;
  /** Folders that `to` needs, the outermost first. */
  readonly missing: readonly string[];
  readonly referrers: readonly Place[];
  /** What the file must be; undefined when it may be anything. */
  readonly etag: string | undefined;
};

const mostTries = 5;
const notesAtOnce = 8;

/**
 * Moves a file and rewrites the links to it: all new texts are staged, then the rename is written down, then done. When
 * it is cut short before that is written down nothing has changed, later `rollForward` ends it. `paused` is called when
 * all is staged.
 */
export async function renameNote(
  ports: RollPorts,
  request: RenameRequest,
  paused: () => Promise<void>,
): Promise<Renamed> {
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const renamed = await tryRename(ports, request, paused);
    if (renamed) return renamed;
  }
  throw alwaysChanging(request.from.path);
}

/** Undefined when a note changed while the texts were made; nothing is left then, nor when it throws. */
async function tryRename(
  ports: RollPorts,
  request: RenameRequest,
  paused: () => Promise<void>,
): Promise<Renamed | undefined> {
  const made = await makeFolders(request.missing);
  let [rewritten, isDecided]: [readonly Rewritten[], boolean] = [[], false];
  try {
    rewritten = await stageAll(ports, request);
    const etag = await etagOfMoved(request, rewritten);
    await paused();
    if (!(await isUnchanged(ports, rewritten))) return undefined;
    const journal = await decide(ports, request, rewritten);
    isDecided = true;
    if ((await rollForward(ports, journal)) === "taken") throw alreadyThere(request.to.path);
    const { path } = request.to;
    const updated = stepsOf(rewritten).flatMap((step) => (step.path === path ? [] : [step.path]));
    return { path, etag, isNew: false, updated };
  } finally {
    if (!isDecided) {
      await unstageSteps(ports.root, stepsOf(rewritten));
      await removeFolders(made);
    }
  }
}

async function stageAll(ports: RollPorts, { from, to, referrers }: RenameRequest) {
  const move = moveOf(from.path, to.path, await ports.listPaths());
  const own = isReferrer(from.path) ? [{ path: from.path, source: from, target: to }] : [];
  const others = referrers.map((place) => ({ path: place.path, source: place, target: place }));
  return stageRewritten(ports, move, [...own, ...others]);
}

/** What the moved file's etag will be; throws `note_changed` when it is not the one that the caller read. */
async function etagOfMoved(
  { from, etag: wanted }: RenameRequest,
  rewritten: readonly Rewritten[],
): Promise<string> {
  const own = rewritten.find(({ source }) => source === from);
  const etag = own?.etag ?? (await fileSha256(from.file));
  if (wanted === undefined || wanted === etag) return own?.newEtag ?? etag;
  throw noteChanged(from.path, false);
}

/** Whether all that was read for staged texts is still there as it was. */
async function isUnchanged({ notes }: RollPorts, rewritten: readonly Rewritten[]): Promise<boolean> {
  let isSame = true;
  await inBatches(rewritten, notesAtOnce, async ({ source, etag }) => {
    if ((await notes.read(source))?.etag !== etag) isSame = false;
  });
  return isSame;
}

/** Writes the rename down, after which it is done whatever happens. */
async function decide(
  { root, journal }: RollPorts,
  { from, to }: RenameRequest,
  rewritten: readonly Rewritten[],
): Promise<RenameJournal> {
  const steps = stepsOf(rewritten);
  for (const folder of new Set(steps.map(({ staged }) => dirname(join(root, staged)))))
    await syncFolder(folder);
  const decided: RenameJournal = {
    version: 1,
    from: from.path,
    to: to.path,
    fromFile: relative(root, from.file),
    toFile: relative(root, to.file),
    inode: String((await lstat(from.file)).ino),
    steps: [...steps],
  };
  try {
    journal.write(decided);
  } catch (error) {
    await journal.drop();
    throw error;
  }
  return decided;
}
