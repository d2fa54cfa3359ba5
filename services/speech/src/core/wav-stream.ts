/** What a WAV header says of the samples that follow it; undefined until it is whole, an error when it is another format. */
export type WavStart = { readonly rateHz: number; readonly dataAt: number };

/** Reads the header of a one-channel 16-bit WAV stream (RIFF, "WAVE": chunks of a name, a length and content). */
export function wavStart(bytes: Buffer): WavStart | undefined {
  if (bytes.length < 12) return undefined;
  if (bytes.toString("latin1", 0, 4) !== "RIFF") throw new Error("no WAV stream");
  let rateHz = 0;
  for (let at = 12; at + 8 <= bytes.length;) {
    const [name, length] = [bytes.toString("latin1", at, at + 4), bytes.readUInt32LE(at + 4)];
    if (name === "data") return { rateHz, dataAt: at + 8 };
    if (at + 8 + length > bytes.length) return undefined;
    if (name === "fmt ") {
      if (bytes.readUInt16LE(at + 10) !== 1 || bytes.readUInt16LE(at + 22) !== 16)
        throw new Error("a WAV stream of another form than one channel of 16 bits");
      rateHz = bytes.readUInt32LE(at + 12);
    }
    at += 8 + length + (length % 2);
  }
  return undefined;
}
