import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";

import { AppError } from "@benchai/contract/errors";

import { foldPath } from "../../core/vault/vault-names.ts";
import { inBatches } from "./batches.ts";
import { statsOf, syncFolder } from "./disk.ts";
import type { JournalFile, RenameJournal, RenameStep } from "./rename-journal.ts";
import { moveOf, type RewritePorts, stageRewritten, stepsOf, unstageSteps } from "./rename-stage.ts";
import { reserve } from "./staging.ts";
import { markAt } from "./stillness.ts";
import { assertFolder, type Place } from "./vault-paths.ts";

/** What ending a rename needs. */
export type RollPorts = RewritePorts & {
  readonly journal: JournalFile;
  listPaths(): Promise<readonly string[]>;
};

const mostRounds = 8;
const stepsAtOnce = 8;

/**
 * Does what a journal says to its end, from wherever it was cut short: moves the file, gives the staged texts their
 * notes' names, drops the journal. A note that somebody changed meanwhile keeps what they wrote, and has its links
 * rewritten anew. `taken` when the new name got another owner before the move: then nothing was done.
 */
export async function rollForward(ports: RollPorts, journal: RenameJournal): Promise<"done" | "taken"> {
  const isMoved = await finishMove(ports.root, journal).catch(async (error: unknown) => {
    // The move comes first, so nothing else is done when it cannot be done.
    if (await statsOf(join(ports.root, journal.fromFile))) await giveUp(ports, journal);
    throw error;
  });
  if (!isMoved) {
    await giveUp(ports, journal);
    return "taken";
  }
  let left: readonly RenameStep[] = journal.steps;
  for (let round = 0; left.length > 0; round += 1) {
    if (round === mostRounds)
      throw new AppError(
        "storage_unavailable",
        `other programs go on changing notes whose links are to be rewritten (${left[0]?.path}, …); the rename is ended with the next change to the vault`,
        { retryAfterS: 1 },
      );
    const changed = await applySteps(ports, left);
    left = await stageAgain(ports, journal, changed);
  }
  await ports.journal.drop();
  return "done";
}

async function giveUp(ports: RollPorts, { steps }: RenameJournal): Promise<void> {
  await unstageSteps(ports.root, steps);
  await ports.journal.drop();
}

/** False when the new name belongs to a file that is not the one to be moved. */
async function finishMove(root: string, { fromFile, toFile, inode, steps }: RenameJournal): Promise<boolean> {
  const [from, to] = [join(root, fromFile), join(root, toFile)];
  const [old, present] = [await statsOf(from), await statsOf(to)];
  // Done before, or deleted by somebody: the links are rewritten all the same.
  if (!old) return true;
  const isSame = present?.ino === old.ino && present.dev === old.dev;
  if (present && !isSame && present.size > 0) {
    // Moved before, and somebody has made a new file with the old name.
    if (String(present.ino) === inode) return true;
    const staged = await Promise.all(steps.map((step) => statsOf(join(root, step.staged))));
    return staged.includes(undefined);
  }
  await assertFolder(dirname(from));
  await assertFolder(dirname(to));
  // An empty file is the name that was reserved; another case of one name cannot be reserved on every disk.
  const isReserved = present !== undefined || foldPath(from) === foldPath(to);
  const move = () => rename(from, to);
  const isMoved = isReserved ? await move().then(() => true) : await reserve(to, move);
  for (const folder of new Set([dirname(from), dirname(to)])) await syncFolder(folder);
  return isMoved;
}

/** Gives staged texts their names, and answers with the steps whose notes are not what they were. */
async function applySteps(ports: RollPorts, steps: readonly RenameStep[]): Promise<readonly RenameStep[]> {
  const changed: RenameStep[] = [];
  await inBatches(steps, stepsAtOnce, async (step) => {
    if (!(await applyStep(ports, step))) changed.push(step);
  });
  for (const folder of new Set(steps.map(({ file }) => dirname(join(ports.root, file)))))
    await syncFolder(folder);
  return changed;
}

async function applyStep({ root, notes }: RollPorts, step: RenameStep): Promise<boolean> {
  const staged = join(root, step.staged);
  const place = placeOf(root, step);
  const mark = await markAt(staged);
  if (mark !== undefined) return notes.exchange({ file: staged, mark }, place, step.etag);
  // Without its staged text a step is done, unless somebody took that away.
  const read = await notes.read(place);
  return read?.etag !== step.etag;
}

/** Stages anew what others have changed, and writes that down before it is used. */
async function stageAgain(
  ports: RollPorts,
  journal: RenameJournal,
  changed: readonly RenameStep[],
): Promise<readonly RenameStep[]> {
  if (changed.length === 0) return [];
  const move = moveOf(journal.from, journal.to, await ports.listPaths());
  const notes = changed.map((step) => {
    const place = placeOf(ports.root, step);
    return { path: step.path === journal.to ? journal.from : step.path, source: place, target: place };
  });
  const rewritten = await stageRewritten(ports, move, notes);
  const steps = stepsOf(rewritten);
  ports.journal.write({ ...journal, steps: [...steps] });
  await unstageSteps(ports.root, changed);
  return steps;
}

function placeOf(root: string, { path, file }: RenameStep): Place {
  return { path, folder: dirname(join(root, file)), file: join(root, file) };
}
