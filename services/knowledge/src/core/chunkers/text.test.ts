import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { expectSoundChunks, expectWholeText } from "../../../test/support/sound-chunks.ts";
import { findLines } from "../lines.ts";
import { maxChars } from "./sizes.ts";
import { chunkText } from "./text.ts";

describe("chunks of plain text", () => {
  it("are sound, hold the whole text and stay below the limit", () => {
    const line = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.constant(""),
      fc
        .tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), fc.nat(400))
        .map(([s, n]) => s.repeat(n)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const text = lines.join("\n").toWellFormed();
        const document = { text, chunks: chunkText(findLines(text)) };
        expectSoundChunks(document);
        expectWholeText(document);
        for (const chunk of document.chunks) expect(chunk.text.length).toBeLessThanOrEqual(maxChars);
      }),
      { numRuns: 300 },
    );
  });

  it("do not cut a surrogate pair of a line without a space", () => {
    const document = {
      text: `x${"😀".repeat(5_000)}`,
      chunks: chunkText(findLines(`x${"😀".repeat(5_000)}`)),
    };
    expectSoundChunks(document);
    expectWholeText(document);
  });

  it("cut five minified megabytes within a second", { tags: "clock" }, () => {
    const lines = findLines("a=b;c(d);".repeat(600_000));
    const startMs = performance.now();
    expect(chunkText(lines).length).toBeGreaterThan(4_000);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});
