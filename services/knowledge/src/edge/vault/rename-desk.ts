import { extname } from "node:path";

import { AppError } from "@benchai/contract/errors";

import { assertNewNames, isReferrer, vaultPath } from "../../core/vault/path-rules.ts";
import { fileSha256 } from "../store/durable.ts";
import { alreadyThere, assertCondition, noSuchNote } from "./conditions.ts";
import type { NoteFiles } from "./note-file.ts";
import type { JournalFile } from "./rename-journal.ts";
import { renameNote } from "./rename-notes.ts";
import { rollForward, type RollPorts } from "./rename-roll.ts";
import type { VaultAccess } from "./vault-access.ts";
import { listVault, removeStaged } from "./vault-list.ts";
import { PathFinder, type Place } from "./vault-paths.ts";
import type { Condition, Renamed } from "./vault.ts";

/** What a caller wants renamed. */
export type RenameOrder = {
  readonly from: string;
  readonly to: string;
  readonly referrers: readonly string[];
  readonly condition: Condition;
};

/** Renames files of a vault, and ends what a process before has begun. */
export class RenameDesk {
  readonly #access: VaultAccess;
  readonly #notes: NoteFiles;
  readonly #journal: JournalFile;
  /** What is staged and older was left by a process that was killed. */
  readonly #openedMs = Date.now();
  #recovery: Promise<void> | undefined;

  constructor(access: VaultAccess, notes: NoteFiles, journal: JournalFile) {
    this.#access = access;
    this.#notes = notes;
    this.#journal = journal;
  }

  /** Ends a rename that was cut short and takes away what was staged for nothing; once, unless it fails. */
  async recover(): Promise<void> {
    this.#recovery ??= this.#recover().catch((error: unknown) => {
      this.#recovery = undefined;
      throw error;
    });
    return this.#recovery;
  }

  async #recover(): Promise<void> {
    const journal = this.#journal.read();
    const paths = journal ? [journal.from, journal.to, ...journal.steps.map(({ path }) => path)] : [];
    await this.#access.rename(paths, async (root) => {
      await this.#journal.tidy();
      const left = this.#journal.read();
      if (left) await rollForward(this.#ports(root), left);
      await removeStaged(root, this.#openedMs);
    });
  }

  async rename(order: RenameOrder, paused: () => Promise<void>): Promise<Renamed> {
    const [from, to] = [vaultPath(order.from), vaultPath(order.to)];
    assertSameKind(from, to);
    const referrers = new Set(order.referrers.map((path) => vaultPath(path)));
    const others = [...referrers].filter((path) => isReferrer(path) && path !== from && path !== to);
    await this.recover();
    return this.#access.rename([from, to, ...others], async (root) => {
      const finder = new PathFinder(root, "write");
      const source = await finder.find(from);
      if (source.kind === "absent") throw noSuchNote(from);
      if (order.condition.kind === "absent") throw alreadyThere(from);
      const etag = order.condition.kind === "match" ? order.condition.etag : undefined;
      if (from === to) return this.#unmoved(source.place, order.condition);
      const target = await finder.find(to);
      if (target.kind === "file") throw alreadyThere(to);
      assertNewNames(to, target.missing.length + 1);
      await finder.assertNoClash(to, source.place.file);
      const request = { from: source.place, to: target.place, missing: target.missing, etag };
      const places = await placesOf(finder, others);
      return this.#guarded(() => renameNote(this.#ports(root), { ...request, referrers: places }, paused));
    });
  }

  async #unmoved({ path, file }: Place, condition: Condition): Promise<Renamed> {
    const etag = await fileSha256(file);
    assertCondition(path, condition, etag);
    return { path, etag, isNew: false, updated: [] };
  }

  /** A rename that fails when it was decided already is ended later. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#journal.read()) this.#recovery = undefined;
      throw error;
    }
  }

  #ports(root: string): RollPorts {
    const listPaths = async () => (await listVault(root)).map(({ path }) => path);
    return { root, notes: this.#notes, journal: this.#journal, listPaths };
  }
}

/** The notes that are there; a referrer that is gone has no links any more. */
async function placesOf(finder: PathFinder, paths: readonly string[]): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const path of paths) {
    const found = await finder.find(path);
    if (found.kind === "file") places.push(found.place);
  }
  return places;
}

/** A note stays a note, and a picture does not become one. */
export function assertSameKind(from: string, to: string): void {
  if (extname(from).toLowerCase() === extname(to).toLowerCase()) return;
  throw new AppError(
    "invalid_request",
    `${JSON.stringify(from)} keeps its ending: the new name must end in ${JSON.stringify(extname(from))}`,
    { param: "to" },
  );
}
