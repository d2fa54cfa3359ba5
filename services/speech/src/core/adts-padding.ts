/** 120 kbit/s at 48 kHz. Frames as `audioEncodings` has them made were at most 253 bytes long, of speech, noise and tones alike. */
const frameBytes = 320;
const headerBytes = 7;
const largestFrame = 0x1f_ff;

/**
 * Pads the frames of an AAC stream (ADTS) to one size with fill elements, which decoders skip (ISO/IEC 14496-3, 4.5.2.2). ADTS has
 * no length: players guess it from the size and the rate of the first frames, and are wrong by a second where speech begins
 * with louder frames than it has on the average. A frame that is larger stays as it is.
 */
export class AdtsPadding {
  #rest = Buffer.alloc(0);

  /** The whole frames that there are with this chunk, padded. */
  push(chunk: Buffer): Buffer {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const padded: Buffer[] = [];
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const length = frameLength(bytes, at);
      if (length < headerBytes || at + length > bytes.length) break;
      const frame = bytes.subarray(at, at + length);
      padded.push(length < frameBytes ? padFrame(frame) : frame);
      at += length;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    return Buffer.concat(padded);
  }
}

function frameLength(bytes: Buffer, at: number): number {
  return (bytes.readUInt32BE(at + 3) >>> 13) & largestFrame;
}

/** The frame with fill elements before its end marker. One byte more is enough for an empty one. */
function padFrame(frame: Buffer): Buffer {
  const padded = Buffer.alloc(frameBytes);
  const bits = frameBytes * 8;
  frame.copy(padded);
  const end = endMarkerAt(frame);
  const writer = new BitWriter(padded, end);
  // The end marker takes 3 bits; a fill element 7 and its bytes, or 15 and its bytes when there are more than 14 of them.
  for (let free = bits - end - 3; free >= 7; free = bits - writer.at - 3) writer.fill(free);
  writer.write(0b111, 3);
  const header = padded.readUInt32BE(3) & ~(largestFrame << 13);
  padded.writeUInt32BE((header | (frameBytes << 13)) >>> 0, 3);
  return padded;
}

/** The bit at which the end marker begins: three set bits, the last ones of the frame. */
function endMarkerAt(frame: Buffer): number {
  let last = frame.length - 1;
  while (last > headerBytes && frame[last] === 0) last -= 1;
  const byte = frame.readUInt8(last);
  const zeros = 31 - Math.clz32(byte & -byte);
  return last * 8 + 7 - zeros - 2;
}

/** Writes bits from the highest to the lowest into bytes that are zero, but for the end marker over which it begins. */
class BitWriter {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** A fill element that takes as many of the free bits as it can. */
  fill(free: number): void {
    const count = free < 15 + 15 * 8 ? Math.min(14, (free - 7) >> 3) : Math.min(269, (free - 15) >> 3);
    this.write(0b110, 3);
    if (count < 15) {
      this.write(count, 4);
    } else {
      this.write(15, 4);
      this.write(count - 14, 8);
    }
    // Its bytes are zero already.
    this.at += count * 8;
  }

  write(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit -= 1) {
      const mask = 0x80 >> (this.at & 7);
      const byte = this.#bytes.readUInt8(this.at >> 3);
      const isSet = ((value >> bit) & 1) === 1;
      this.#bytes.writeUInt8(isSet ? byte | mask : byte & ~mask, this.at >> 3);
      this.at += 1;
    }
  }
}
