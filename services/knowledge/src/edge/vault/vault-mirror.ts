import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { AppError } from "@benchai/contract/errors";
import type { Logger } from "@benchai/kernel/log";

import { problemOf } from "../../core/vault/path-rules.ts";
import { isVaultDocument } from "../../core/vault/vault-paths.ts";
import type { Vault, VaultFile } from "./vault.ts";

/**
 * A copy of a vault that is elsewhere, in a folder of this machine: what is indexed, and nothing else. Notes and canvases
 * have their texts; of other files there are the names, which links need. Notes are read and written at the vault itself.
 */
export class VaultMirror {
  readonly #vault: Vault;
  readonly #folder: string;
  readonly #everyMs: number;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();
  #problem: string | undefined;

  constructor(vault: Vault, folder: string, everyMs: number, log: Logger) {
    this.#vault = vault;
    this.#folder = folder;
    this.#everyMs = everyMs;
    this.#log = log;
  }

  /** Why the copy may be behind; undefined when the last look went through. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks at the vault at once and every so often. */
  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** Brings the copy in line with the vault; rejects, and deletes nothing, when the vault cannot be listed. */
  sync(): Promise<void> {
    return this.#inTurn(() => this.#sync());
  }

  /** Brings some paths in line, which were just written or removed. */
  update(paths: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const path of paths) await this.#fetch(path, 0);
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.sync();
        this.#problem = undefined;
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        if (problem !== this.#problem && !signal.aborted) this.#log.warn({ problem }, "the vault is away");
        this.#problem = problem;
      }
      await sleep(this.#everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One at a time: two that write one file would mix. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #sync(): Promise<void> {
    const { signal } = this.#closing;
    const listed = (await this.#vault.list(signal)).filter(({ path }) => problemOf(path) === undefined);
    const here = await this.#here();
    if (listed.length === 0 && here.size > 0)
      throw new AppError(
        "storage_unavailable",
        `the vault shows no files, and ${here.size} were there: is another vault open in Obsidian? What is indexed stays`,
      );
    for (const file of listed) {
      signal.throwIfAborted();
      if (!isSame(here.get(file.path), file)) await this.#take(file);
    }
    const wanted = new Set(listed.map(({ path }) => path));
    for (const path of here.keys())
      if (!wanted.has(path)) await rm(join(this.#folder, path), { force: true });
  }

  async #take({ path, mtimeMs }: VaultFile): Promise<void> {
    if (isVaultDocument(path)) return this.#fetch(path, mtimeMs);
    await this.#write(path, "", mtimeMs);
  }

  /** A file that is gone at the vault goes here as well; one that cannot be read stays as it was. */
  async #fetch(path: string, mtimeMs: number): Promise<void> {
    try {
      const note = await this.#vault.read(path);
      await this.#write(path, note.text, note.mtimeMs || mtimeMs);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === "not_found") await rm(join(this.#folder, path), { force: true });
      else if (error.code !== "document_unreadable" && error.code !== "invalid_request") throw error;
    }
  }

  /** Whole or not at all, as the index looks at any moment. */
  async #write(path: string, text: string, mtimeMs: number): Promise<void> {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    const temporary = join(dirname(file), `.mirror-${process.pid}.partial`);
    await writeFile(temporary, text);
    await utimes(temporary, mtimeMs / 1_000, mtimeMs / 1_000);
    await rename(temporary, file);
  }

  async #here(): Promise<ReadonlyMap<string, VaultFile>> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const files = await Promise.all(
      entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
        .map(async ({ parentPath, name }) => {
          const file = join(parentPath, name);
          const { size, mtimeMs } = await stat(file);
          return { path: file.slice(this.#folder.length + 1), sizeBytes: size, mtimeMs };
        }),
    );
    return new Map(files.map((file) => [file.path, file]));
  }
}

/** Times of files are kept to the microsecond, and the vault's are whole milliseconds. Without a time a note is read anew. */
function isSame(here: VaultFile | undefined, there: VaultFile): boolean {
  if (!here) return false;
  if (!isVaultDocument(there.path)) return true;
  const isTimeSame = there.mtimeMs !== 0 && Math.abs(here.mtimeMs - there.mtimeMs) < 1;
  return isTimeSame && here.sizeBytes === there.sizeBytes;
}
