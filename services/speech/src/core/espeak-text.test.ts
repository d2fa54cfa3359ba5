import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { plainForEspeak, wordsPerMinute } from "./espeak-text.ts";

describe("a text for espeak", () => {
  it("has no commands or ends in it, and every character at its place", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("[", "a", "\0", "\u0001", "🦊", "\n") }), (text) => {
        const plain = plainForEspeak(text);
        expect(plain).not.toMatch(/\p{Cc}/u);
        expect(plain).toHaveLength(text.length);
      }),
    );
  });

  it("stays as it is otherwise", () => {
    expect(plainForEspeak("a[0] <b> & Ünï 🦊 [[note]]")).toBe("a[0] <b> & Ünï 🦊 [[note]]");
  });

  it("has the nearest speed that espeak can", () => {
    expect([0.0625, 0.5, 1, 4, 16].map(wordsPerMinute)).toEqual([80, 88, 175, 700, 2_800]);
  });
});
