import { sampleRateHz } from "./pcm.ts";

const headerBytes = 44;
const unknown = 0xff_ff_ff_ff;

/**
 * The header of 16-bit samples, one channel, at `rateHz` (ours without it) as WAV. Where the length of the data is not known yet, or is too much for the field, both lengths are
 * 0xFFFFFFFF, as in OpenAI's streams.
 */
export function wavHeader(dataBytes: number = unknown, rateHz: number = sampleRateHz): Buffer<ArrayBuffer> {
  const isKnown = dataBytes + headerBytes - 8 < unknown;
  const header = Buffer.alloc(headerBytes);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(isKnown ? dataBytes + headerBytes - 8 : unknown, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16); // bytes of the format: PCM, one channel
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(rateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(isKnown ? dataBytes : unknown, 40);
  return header;
}
