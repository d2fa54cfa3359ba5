import { crc32 } from "node:zlib";

import { AppError } from "@benchai/contract/errors";

import { ByteLru } from "../core/byte-lru.ts";
import { decodeEntry, encodeEntry } from "../core/pcm-entry.ts";
import type { Spoken } from "../core/pcm.ts";
import { SingleFlight } from "../core/single-flight.ts";
import { PcmFolder } from "./pcm-folder.ts";
import { hashOf, type UtteranceKey } from "./utterance-key.ts";

export type PcmCacheOptions = {
  /** Of all files together; 0 for no cache on disk. */
  readonly maxBytes: number;
  /** How long a disk that failed is left in peace. */
  readonly retryMs?: number;
};

/** A sentence, and whether it was there already. Its samples belong to all who asked: nobody may change them. */
export type Cached = { readonly spoken: Spoken; readonly isHit: boolean };

/** A file says at most so often when it was used. */
const touchEveryMs = 60_000;
/** Of sentences that wait to be written; a disk that is slower than speech makes none wait and costs no more memory. */
const maxUnwrittenBytes = 16 * 1_048_576;

/**
 * Sentences as files, of which the least recently used make room. A disk that fails never fails speech: it goes on without,
 * says so (`problem`), and tries again later. One process at a time has the folder.
 */
export class PcmCache {
  readonly #folder: PcmFolder;
  readonly #lru: ByteLru;
  readonly #isOff: boolean;
  readonly #retryMs: number;
  readonly #flights = new SingleFlight<string, Cached>();
  readonly #closing = new AbortController();
  /** Made, and not on disk yet. */
  readonly #unwritten = new Map<string, Spoken>();
  #unwrittenBytes = 0;
  /** When a key was used, where its file does not say so yet; and when its file was last told. In ms, and never twice the same. */
  readonly #usedMs = new Map<string, number>();
  readonly #touchedMs = new Map<string, number>();
  /** Changes of the folder, one after the other, so that its size keeps the bound at every moment. */
  #changes: Promise<void> = Promise.resolve();
  #problem: string | undefined;
  #retryAtMs = 0;
  #clockMs = 0;

  private constructor(folder: string, { maxBytes, retryMs = 30_000 }: PcmCacheOptions) {
    this.#folder = new PcmFolder(folder);
    this.#lru = new ByteLru(maxBytes);
    this.#isOff = maxBytes === 0;
    this.#retryMs = retryMs;
  }

  /** Takes over what the folder has, in the order in which it was used; makes the folder when there is none. */
  static async open(folder: string, options: PcmCacheOptions): Promise<PcmCache> {
    const cache = new PcmCache(folder, options);
    if (!cache.#isOff) await cache.#attempt(() => cache.#restore());
    return cache;
  }

  /** What is wrong with the disk, for /health; undefined when nothing is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Of all files together. */
  get bytes(): number {
    return this.#lru.bytes;
  }

  /**
   * The sentence, from disk or made; made once however many ask at the same time. `make`'s signal aborts when all who asked
   * have left. `lane` keeps who is listened to from waiting for what is made for a job, which has time. Errors: what `make`
   * throws, the reason of `signal`, `shutting_down`.
   */
  async get(
    key: UtteranceKey,
    make: (signal: AbortSignal) => Promise<Spoken>,
    signal: AbortSignal,
    lane: "live" | "job" = "live",
  ): Promise<Cached> {
    this.#closing.signal.throwIfAborted();
    const hash = hashOf(key);
    return this.#flights.run(`${lane} ${hash}`, signal, async (shared) => {
      const found = this.#unwritten.get(hash) ?? (await this.#read(hash));
      if (found) this.#noteUse(hash);
      if (found) return { spoken: found, isHit: true };
      const either = AbortSignal.any([shared, this.#closing.signal]);
      either.throwIfAborted();
      const spoken = await make(either);
      this.#keep(hash, spoken);
      return { spoken, isHit: false };
    });
  }

  /** Ends what is being made and writes what was. */
  async close(): Promise<void> {
    this.#closing.abort(new AppError("shutting_down", "The service is shutting down: ask again later."));
    await this.#changes;
    await this.#attempt(async () => {
      for (const [hash, usedMs] of this.#usedMs) await this.#folder.touch(hash, usedMs);
    });
    this.#usedMs.clear();
  }

  async #restore(): Promise<void> {
    for (const { key, bytes, usedMs } of await this.#folder.scan()) {
      const gone = this.#lru.takes(bytes) ? this.#lru.add(key, bytes) : [key];
      this.#touchedMs.set(key, usedMs);
      for (const other of gone) await this.#delete(other);
    }
  }

  async #read(hash: string): Promise<Spoken | undefined> {
    const bytes = this.#lru.sizeOf(hash);
    if (bytes === undefined) return undefined;
    const entry = await this.#attempt(() => this.#folder.read(hash, bytes));
    const spoken = entry && decodeEntry(hash, entry, crc32);
    if (!spoken) {
      this.#lru.delete(hash);
      await this.#attempt(() => this.#delete(hash));
    }
    return spoken;
  }

  #noteUse(hash: string): void {
    this.#lru.touch(hash);
    const nowMs = this.#nowMs();
    this.#usedMs.set(hash, nowMs);
    if (nowMs - (this.#touchedMs.get(hash) ?? 0) < touchEveryMs) return;
    this.#touchedMs.set(hash, nowMs);
    this.#usedMs.delete(hash);
    this.#change(() => this.#folder.touch(hash, nowMs));
  }

  /** A microsecond is what files keep apart. */
  #nowMs(): number {
    this.#clockMs = Math.max(Date.now(), this.#clockMs + 0.001);
    return this.#clockMs;
  }

  /** Has the sentence written, for which nobody waits. */
  #keep(hash: string, spoken: Spoken): void {
    const isResting = this.#problem !== undefined && performance.now() < this.#retryAtMs;
    if (this.#isOff || isResting || this.#closing.signal.aborted) return;
    const entry = encodeEntry(hash, spoken, crc32);
    if (!this.#lru.takes(entry.length) || this.#unwrittenBytes + entry.length > maxUnwrittenBytes) return;
    const nowMs = this.#nowMs();
    this.#usedMs.set(hash, nowMs);
    this.#touchedMs.set(hash, nowMs);
    this.#unwritten.set(hash, spoken);
    this.#unwrittenBytes += entry.length;
    const gone = this.#lru.add(hash, entry.length);
    this.#change(async () => {
      try {
        for (const other of gone) await this.#delete(other);
        await this.#write(hash, entry);
      } finally {
        this.#unwritten.delete(hash);
        this.#unwrittenBytes -= entry.length;
      }
    });
  }

  async #write(hash: string, entry: Buffer): Promise<void> {
    try {
      await this.#folder.write(hash, entry);
      this.#problem = undefined;
    } catch (error) {
      this.#lru.delete(hash);
      throw error;
    }
  }

  /** The file of a key that is not in the order any more, unless it was made again since. */
  async #delete(hash: string): Promise<void> {
    if (this.#lru.sizeOf(hash) === undefined) {
      this.#usedMs.delete(hash);
      this.#touchedMs.delete(hash);
    }
    await this.#folder.delete(hash);
  }

  #change(work: () => Promise<void>): void {
    this.#changes = this.#changes.then(() => this.#attempt(work));
  }

  /** What the disk refuses is noted, and is nobody's error. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#problem = `Speech is not cached: ${reason}. It is tried again in ${this.#retryMs / 1_000} s.`;
      this.#retryAtMs = performance.now() + this.#retryMs;
      return undefined;
    }
  }
}
