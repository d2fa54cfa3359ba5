import type { Spoken, WordTiming } from "./pcm.ts";

/** CRC-32 of bytes, going on from another one. */
export type Checksum = (bytes: Uint8Array, from?: number) => number;

// Raise the version whenever the layout or the meaning of anything in it changes: entries of others are made anew.
const magicAndVersion = 0x42_50_43_01;
const headerBytes = 12;
const trailerBytes = 4;

/**
 * A sentence as a file: magic and version, length of the words' JSON and of the samples in bytes (big-endian, 4 each), the
 * JSON, the samples, CRC-32 over the key and all of that. CRC-32 finds every cut and every error of up to 32 bits in a row,
 * and misses one other in 4 billion. Damage is chance here and not malice, against which no digest without a key would help.
 */
export function encodeEntry(key: string, spoken: Spoken, checksum: Checksum): Buffer {
  const words = Buffer.from(JSON.stringify(spoken.words ?? null));
  const { buffer, byteOffset, byteLength } = spoken.samples;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(magicAndVersion, 0);
  header.writeUInt32BE(words.length, 4);
  header.writeUInt32BE(byteLength, 8);
  const entry = Buffer.concat([
    header,
    words,
    Buffer.from(buffer, byteOffset, byteLength),
    Buffer.alloc(trailerBytes),
  ]);
  entry.writeUInt32BE(sumOf(key, entry, checksum), entry.length - trailerBytes);
  return entry;
}

/** The sentence of a file; undefined when it is cut, damaged, of another version or of another key. */
export function decodeEntry(key: string, entry: Buffer, checksum: Checksum): Spoken | undefined {
  if (entry.length < headerBytes + trailerBytes || entry.readUInt32BE(0) !== magicAndVersion)
    return undefined;
  const samplesAt = headerBytes + entry.readUInt32BE(4);
  const samplesEnd = samplesAt + entry.readUInt32BE(8);
  if (samplesEnd + trailerBytes !== entry.length) return undefined;
  if (entry.readUInt32BE(samplesEnd) !== sumOf(key, entry, checksum)) return undefined;
  const words = wordsOf(entry.toString("utf8", headerBytes, samplesAt));
  // A copy: the samples of a view might begin at an odd address.
  const bytes = Uint8Array.from(entry.subarray(samplesAt, samplesEnd));
  const samples = new Int16Array(bytes.buffer);
  return words ? { samples, words } : { samples };
}

function sumOf(key: string, entry: Buffer, checksum: Checksum): number {
  return checksum(entry.subarray(0, entry.length - trailerBytes), checksum(Buffer.from(key)));
}

function wordsOf(json: string): readonly WordTiming[] | undefined {
  // The checksum says that `encodeEntry` of this version wrote it.
  const words: readonly WordTiming[] | null = JSON.parse(json);
  return words ?? undefined;
}
