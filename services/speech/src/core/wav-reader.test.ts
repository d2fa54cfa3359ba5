import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { WavReader } from "./wav-reader.ts";

type Format = { readonly rateHz?: number; readonly channels?: number; readonly bits?: number };

function chunk(name: string, body: Buffer, length = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, "latin1");
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function wav(samples: Int16Array, { rateHz = 22_050, channels = 1, bits = 16 }: Format = {}): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rateHz, 4);
  format.writeUInt16LE(bits, 14);
  const sound = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const parts = [chunk("fmt ", format), chunk("LIST", Buffer.from("odd")), chunk("data", sound, 0x7ffff000)];
  return chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...parts]), 0x7ffff024);
}

describe("a WAV reader", () => {
  it("gives rate and samples, wherever the bytes are cut and whatever lengths the header claims", () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 200 }), fc.array(fc.nat(30)), (samples, cuts) => {
        const reader = new WavReader();
        let rest = wav(samples);
        const heard: number[] = [];
        for (const cut of [...cuts, rest.length]) {
          heard.push(...reader.push(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        expect(heard).toEqual([...samples]);
        expect(reader.rateHz).toBe(22_050);
      }),
    );
  });

  it.for([
    ["something else", Buffer.from("Error: no such voice")],
    ["two channels", wav(new Int16Array(4), { channels: 2 })],
    ["8 bits", wav(new Int16Array(4), { bits: 8 })],
    ["no rate", wav(new Int16Array(4), { rateHz: 0 })],
    [
      "sound before a format",
      chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), chunk("data", Buffer.alloc(8))])),
    ],
    [
      "a header without end",
      chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), chunk("junk", Buffer.alloc(9_000))])),
    ],
  ] as const)("refuses %s", ([, bytes]) => {
    expect(() => new WavReader().push(bytes)).toThrow(/^it/u);
  });
});
