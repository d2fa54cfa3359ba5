import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { plainForEspeak, wordsPerMinute } from "./espeak-text.ts";

describe("a text for espeak", () => {
  it("has no phonemes, commands or ends in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("[", "a", "\0", "\u0001", "]", "\n") }), (text) => {
        expect(plainForEspeak(text)).not.toMatch(/\[\[|\p{Cc}/u);
      }),
    );
  });

  it("stays as it is otherwise", () => {
    expect(plainForEspeak("a[0] <b> & Ünï 🦊 [note]")).toBe("a[0] <b> & Ünï 🦊 [note]");
    expect(plainForEspeak("[[[x]]]")).toBe("[ [ [x]]]");
  });

  it("has the nearest speed that espeak can", () => {
    expect([0.0625, 0.5, 1, 4, 16].map(wordsPerMinute)).toEqual([80, 88, 175, 700, 2_800]);
  });
});
