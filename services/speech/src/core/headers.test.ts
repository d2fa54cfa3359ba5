import fc from "fast-check";
import { expect, test } from "vitest";

import { FlacLength } from "./flac-length.ts";
import { wavHeader } from "./wav-header.ts";

test("the number of samples goes into the 36 bits of FLAC that are for it, wherever the first chunks end", () => {
  const stream = fc.uint8Array({ minLength: 42, maxLength: 200 });
  const counts = fc.integer({ min: 0, max: 2 ** 36 - 1 });
  fc.assert(
    fc.property(stream, counts, fc.array(fc.integer({ min: 1, max: 30 })), (bytes, samples, cuts) => {
      const length = new FlacLength(samples);
      const out: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) out.push(length.push(Buffer.from(bytes.subarray(at, (at += cut)))));
      out.push(length.push(Buffer.from(bytes.subarray(at))));
      const patched = Buffer.concat(out);
      expect((patched.readUInt8(21) & 0x0f) * 2 ** 32 + patched.readUInt32BE(22)).toBe(samples);
      expect(patched.readUInt8(21) & 0xf0).toBe((bytes[21] ?? 0) & 0xf0);
      expect(patched.subarray(0, 21).equals(bytes.subarray(0, 21))).toBe(true);
      expect(patched.subarray(26).equals(bytes.subarray(26))).toBe(true);
    }),
  );
});

test("more sound than WAV can tell of has the header of a stream", () => {
  expect(wavHeader(2 ** 32 - 38).readUInt32LE(40)).toBe(2 ** 32 - 38);
  for (const bytes of [2 ** 32 - 37, 2 ** 32 - 36, 2 ** 40]) {
    const header = wavHeader(bytes);
    expect([header.readUInt32LE(4), header.readUInt32LE(40)]).toEqual([0xff_ff_ff_ff, 0xff_ff_ff_ff]);
  }
});
