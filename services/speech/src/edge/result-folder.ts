import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { AppError } from "@benchai/contract/errors";
import type { AudioFormat } from "@benchai/contract/speech";

import type { CaptionPart } from "../core/cues.ts";
import { ResultShelf } from "../core/result-shelf.ts";
import { ResultFile } from "./result-file.ts";
import { storageFault } from "./storage-fault.ts";

export type ResultOptions = {
  /** Of all results together; the oldest go first. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
};

/** A result that is open for reading: it stays readable also when it is removed meanwhile. */
export type OpenResult = { readonly file: FileHandle; readonly bytes: number; readonly etag: string };

const [sound, times, partial] = [".audio", ".times", ".partial"] as const;

/** The files of jobs that are done: a sound and its times for each, whole or not there at all. */
export class ResultFolder {
  readonly #folder: string;
  readonly #shelf: ResultShelf;

  private constructor(folder: string, { maxBytes, maxAgeMs }: ResultOptions) {
    this.#folder = folder;
    this.#shelf = new ResultShelf(maxBytes, maxAgeMs);
  }

  /** Takes over what is there. What was never finished, and what belongs to no job that is done, goes. */
  static async open(
    folder: string,
    options: ResultOptions,
    isDone: (id: string) => boolean,
  ): Promise<ResultFolder> {
    const results = new ResultFolder(folder, options);
    try {
      await mkdir(folder, { recursive: true });
      await results.#restore(isDone);
      await results.expire();
    } catch (error) {
      throw storageFault(error, folder);
    }
    return results;
  }

  /** Of all files. */
  get bytes(): number {
    return this.#shelf.bytes;
  }

  /** A new result, which nobody sees until it is `publish`ed. Errors, also of writing: `storage_full`, `storage_unavailable`. */
  create(id: string): Promise<ResultFile> {
    return ResultFile.create({
      sound: this.#path(id, `${sound}${partial}`),
      times: this.#path(id, `${times}${partial}`),
      claim: (bytes) => this.#claim(bytes),
    });
  }

  /** Ends a result that is whole: from now on it can be found. Its file has its name, on the disk, when this resolves. */
  async publish(id: string, file: ResultFile, format: AudioFormat, totalSamples: number): Promise<number> {
    try {
      const soundBytes = await file.finish(format, totalSamples);
      await rename(this.#path(id, `${times}${partial}`), this.#path(id, times));
      await rename(this.#path(id, `${sound}${partial}`), this.#path(id, sound));
      await syncFolder(this.#folder);
      this.#shelf.write(-file.bytes);
      this.#shelf.add(id, { bytes: file.bytes, finishedMs: Date.now() });
      return soundBytes;
    } catch (error) {
      await this.delete(id);
      throw storageFault(error, this.#folder);
    }
  }

  /** The sound of a job; undefined when it is not there any more. Who gets it closes it. */
  async find(id: string): Promise<OpenResult | undefined> {
    await this.expire();
    if (!this.#shelf.has(id)) return undefined;
    const file = await open(this.#path(id, sound)).catch(() => undefined);
    if (!file) return undefined;
    const { size, mtimeMs } = await file.stat();
    return { file, bytes: size, etag: `"${id}-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"` };
  }

  /** When which sentence is heard; undefined when that is not there any more. */
  async times(id: string): Promise<readonly CaptionPart[] | undefined> {
    await this.expire();
    if (!this.#shelf.has(id)) return undefined;
    const lines = await readFile(this.#path(id, times), "utf8").catch(() => undefined);
    // Our own writing, line by line.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return lines === undefined ? undefined : (JSON.parse(`[${lines.slice(0, -2)}]`) as CaptionPart[]);
  }

  async delete(id: string): Promise<void> {
    this.#shelf.delete(id);
    for (const ending of [sound, times]) await rm(this.#path(id, ending), { force: true });
  }

  /** Removes what is too old. */
  async expire(): Promise<void> {
    await this.#deleteAll(this.#shelf.expire(Date.now()));
  }

  async #claim(bytes: number): Promise<void> {
    await this.#deleteAll(this.#shelf.write(bytes));
    if (bytes > 0 && this.#shelf.isOver)
      throw new AppError(
        "storage_full",
        "results may take no more space (SPEECH_RESULTS_BYTES); this one does",
      );
  }

  async #deleteAll(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.delete(id);
  }

  async #restore(isDone: (id: string) => boolean): Promise<void> {
    const names = await readdir(this.#folder);
    for (const name of names.filter((one) => one.endsWith(partial)))
      await rm(join(this.#folder, name), { force: true });
    const ids = new Set(names.filter((one) => !one.endsWith(partial)).map((one) => one.split(".")[0] ?? ""));
    for (const id of ids) {
      const found = await this.#sizeOf(id);
      if (found && isDone(id)) this.#shelf.add(id, found);
      else await this.delete(id);
    }
    await this.#claim(0);
  }

  async #sizeOf(id: string): Promise<{ bytes: number; finishedMs: number } | undefined> {
    const both = [sound, times].map((ending) => stat(this.#path(id, ending)).catch(() => undefined));
    const [audio, captions] = await Promise.all(both);
    return audio && captions && { bytes: audio.size + captions.size, finishedMs: audio.mtimeMs };
  }

  #path(id: string, ending: string): string {
    return join(this.#folder, `${id}${ending}`);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
