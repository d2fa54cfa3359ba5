import { crc32 } from "node:zlib";

import fc from "fast-check";
import { expect, test } from "vitest";

import { decodeEntry, encodeEntry } from "./pcm-entry.ts";

const key = "ab".repeat(32);
const word = fc.record({ word: fc.string(), startMs: fc.nat(), endMs: fc.nat() });
const spoken = fc
  .record({
    samples: fc.int16Array({ maxLength: 300 }),
    words: fc.option(fc.array(word), { nil: undefined }),
  })
  .map(({ samples, words }) => (words ? { samples, words } : { samples }));

test("what is written is what is read, words or none", () => {
  fc.assert(
    fc.property(spoken, (sentence) => {
      expect(decodeEntry(key, encodeEntry(key, sentence, crc32), crc32)).toEqual(sentence);
    }),
  );
});

test("samples that are a part of a larger memory are written alone", () => {
  const samples = Int16Array.from([1, 2, 3, 4]).subarray(1, 3);
  expect(decodeEntry(key, encodeEntry(key, { samples }, crc32), crc32)?.samples).toEqual(Int16Array.of(2, 3));
});

test("no entry with any one byte changed, cut anywhere, or with bytes added is served", () => {
  const sentence = {
    samples: Int16Array.from({ length: 200 }, (_, i) => i * 7),
    words: [{ word: "a", startMs: 0, endMs: 5 }],
  };
  const entry = encodeEntry(key, sentence, crc32);
  for (let at = 0; at < entry.length; at += 1) {
    for (let bits = 1; bits < 256; bits += 1) {
      entry.writeUInt8(entry.readUInt8(at) ^ bits, at);
      expect(decodeEntry(key, entry, crc32)).toBeUndefined();
      entry.writeUInt8(entry.readUInt8(at) ^ bits, at);
    }
    expect(decodeEntry(key, entry.subarray(0, at), crc32)).toBeUndefined();
    expect(decodeEntry(key, Buffer.concat([entry, Buffer.alloc(at + 1)]), crc32)).toBeUndefined();
  }
  expect(decodeEntry(key, entry, crc32)).toEqual(sentence);
});

test("neither a page of zeros in the middle nor any other bytes are served", () => {
  fc.assert(
    fc.property(spoken, fc.uint8Array(), fc.nat(), (sentence, noise, at) => {
      const entry = encodeEntry(key, sentence, crc32);
      const damaged = Buffer.from(entry);
      damaged.set(noise.subarray(0, damaged.length - (at % damaged.length)), at % damaged.length);
      const served = decodeEntry(key, damaged, crc32);
      if (damaged.equals(entry)) expect(served).toEqual(sentence);
      else expect(served).toBeUndefined();
      expect(decodeEntry(key, Buffer.from(noise), crc32)).toBeUndefined();
    }),
  );
});

test("an entry of another key or another version is not served", () => {
  const entry = encodeEntry(key, { samples: Int16Array.of(1, 2) }, crc32);
  expect(decodeEntry("cd".repeat(32), entry, crc32)).toBeUndefined();
  const older = Buffer.from(entry);
  older.writeUInt8(0, 3);
  older.writeUInt32BE(crc32(older.subarray(0, -4), crc32(key)), older.length - 4);
  expect(decodeEntry(key, older, crc32)).toBeUndefined();
});
