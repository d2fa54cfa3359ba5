/** `RIFF`, its length, `WAVE`. */
const formBytes = 12;
/** A chunk's name and length. */
const chunkHeadBytes = 8;
/** Far more than any header has; a stream without sound in it ends here. */
const maxHeaderBytes = 4_096;

/**
 * Reads a WAV stream as it comes: the rate from its header, then samples of 16 bits, one channel. Lengths in the header are not
 * believed, since a program that writes to a pipe cannot know them: sound goes on to the stream's end.
 */
export class WavReader {
  #pending = new Uint8Array();
  #rateHz: number | undefined;

  /** Undefined until the header is there. */
  get rateHz(): number | undefined {
    return this.#rateHz;
  }

  /** The samples that are complete with these bytes. Throws an `Error` that says what is wrong with the header. */
  push(bytes: Uint8Array): Int16Array {
    const all = joined(this.#pending, bytes);
    const start = this.#rateHz === undefined ? this.#readHeader(all) : 0;
    if (start === undefined) {
      this.#pending = all;
      return new Int16Array();
    }
    const end = all.length - ((all.length - start) % 2);
    this.#pending = all.slice(end);
    // A copy, since samples must lie at even addresses; the machines that Node runs on have WAV's order of bytes.
    return new Int16Array(all.slice(start, end).buffer);
  }

  /** Where the samples begin; undefined while more is needed. */
  #readHeader(bytes: Uint8Array): number | undefined {
    if (bytes.length < formBytes) return undefined;
    if (ascii(bytes, 0) !== "RIFF" || ascii(bytes, 8) !== "WAVE") throw new Error("it is not WAV");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let rateHz: number | undefined;
    for (let at = formBytes; at + chunkHeadBytes <= bytes.length;) {
      const length = view.getUint32(at + 4, true);
      const body = at + chunkHeadBytes;
      if (ascii(bytes, at) === "data") {
        if (rateHz === undefined) throw new Error("its header has no format");
        this.#rateHz = rateHz;
        return body;
      }
      if (length > maxHeaderBytes) throw new Error("its header has no end");
      if (ascii(bytes, at) === "fmt " && body + length <= bytes.length) rateHz = formatOf(view, body, length);
      at = body + length + (length % 2);
    }
    if (bytes.length > maxHeaderBytes) throw new Error("its header has no end");
    return undefined;
  }
}

function formatOf(view: DataView, at: number, length: number): number {
  const pcm = 1;
  const isUsable =
    length >= 16 &&
    view.getUint16(at, true) === pcm &&
    view.getUint16(at + 2, true) === 1 &&
    view.getUint16(at + 14, true) === 16;
  const rateHz = isUsable ? view.getUint32(at + 4, true) : 0;
  if (rateHz < 4_000 || rateHz > 192_000) throw new Error("it is not one channel of 16-bit PCM");
  return rateHz;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
