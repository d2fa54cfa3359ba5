/** Where the stream's first block says how many samples there are: the last 36 bits before the MD5 (RFC 9639, 8.2). */
const countAt = 21;
const countEnd = 26;

/** Writes the number of samples into the beginning of a FLAC stream, which is 0 when an encoder writes to a pipe. */
export class FlacLength {
  readonly #samples: number;
  #held = Buffer.alloc(0);
  #isDone = false;

  constructor(samples: number) {
    this.#samples = samples;
  }

  /** What may go out now. */
  push(chunk: Buffer): Buffer {
    if (this.#isDone) return chunk;
    this.#held = Buffer.concat([this.#held, chunk]);
    if (this.#held.length < countEnd) return Buffer.alloc(0);
    const high = (this.#held.readUInt8(countAt) & 0xf0) | (Math.floor(this.#samples / 2 ** 32) & 0x0f);
    this.#held.writeUInt8(high, countAt);
    this.#held.writeUInt32BE(this.#samples % 2 ** 32, countAt + 1);
    this.#isDone = true;
    return this.#held;
  }
}
