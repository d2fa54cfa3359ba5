import { type FileHandle, open, rm } from "node:fs/promises";

import type { AudioFormat } from "@benchai/contract/speech";

import type { CaptionPart } from "../core/cues.ts";
import { headBytes, wholeHead } from "../core/whole-file.ts";
import { storageFault } from "./storage-fault.ts";

type ResultPlace = {
  readonly sound: string;
  readonly times: string;
  /** Is told of bytes before they are written, and when they are given back; throws when they may not be. */
  readonly claim: (bytes: number) => Promise<void>;
};

/** Times are written when there is so much of them. */
const bufferedChars = 65_536;

/** A result while it is made: two files that nobody reads yet. */
export class ResultFile {
  readonly #place: ResultPlace;
  readonly #sound: FileHandle;
  readonly #times: FileHandle;
  #soundBytes = 0;
  #timesBytes = 0;
  #buffered = "";

  private constructor(place: ResultPlace, sound: FileHandle, times: FileHandle) {
    this.#place = place;
    this.#sound = sound;
    this.#times = times;
  }

  static async create(place: ResultPlace): Promise<ResultFile> {
    try {
      const sound = await open(place.sound, "w+");
      return new ResultFile(place, sound, await open(place.times, "w"));
    } catch (error) {
      throw storageFault(error, place.sound);
    }
  }

  /** Of both files. */
  get bytes(): number {
    return this.#soundBytes + this.#timesBytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#soundBytes += chunk.length;
    await this.#place.claim(chunk.length);
    await this.#do(() => this.#sound.writeFile(chunk));
  }

  async note(part: CaptionPart): Promise<void> {
    this.#buffered += `${JSON.stringify(part)},\n`;
    if (this.#buffered.length >= bufferedChars) await this.#writeTimes();
  }

  /** Writes what is held back and the length into the header, and has the disk keep it all. Gives the bytes of the sound. */
  async finish(format: AudioFormat, totalSamples: number): Promise<number> {
    await this.#writeTimes();
    const { buffer, bytesRead } = await this.#sound.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const head = wholeHead(format, buffer.subarray(0, bytesRead), totalSamples);
    if (head) await this.#sound.write(head, 0, head.length, 0);
    for (const file of [this.#sound, this.#times]) {
      await file.sync();
      await file.close();
    }
    return this.#soundBytes;
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    for (const file of [this.#sound, this.#times]) await file.close().catch(() => undefined);
    for (const path of [this.#place.sound, this.#place.times]) await rm(path, { force: true });
    await this.#place.claim(-this.bytes);
  }

  async #writeTimes(): Promise<void> {
    const bytes = Buffer.from(this.#buffered);
    this.#buffered = "";
    this.#timesBytes += bytes.length;
    await this.#place.claim(bytes.length);
    await this.#do(() => this.#times.writeFile(bytes));
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageFault(error, this.#place.sound);
    }
  }
}
