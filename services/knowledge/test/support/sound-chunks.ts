import { expect } from "vitest";

import { hardMaxChars } from "../../src/core/chunkers/sizes.ts";
import type { Chunk } from "../../src/core/document.ts";

type Chunked = { readonly text: string; readonly chunks: readonly Chunk[] };

/** What holds for the chunks of every document: they are what they say, in order, apart, and not too long. */
export function expectSoundChunks({ text, chunks }: Chunked): void {
  const lines = text.split("\n");
  let [lastLine, lastColumn] = [0, 0];
  for (const chunk of chunks) {
    const { startLine, endLine, startColumn, endColumn } = chunk;
    const whole = lines.slice(startLine - 1, endLine).join("\n");
    expect(chunk.text).toBe(startColumn === undefined ? whole : whole.slice(startColumn - 1, endColumn));
    expect(endLine).toBeLessThanOrEqual(lines.length);
    expect(startColumn === undefined || startLine === endLine).toBe(true);
    const isAfter = startLine > lastLine || (startLine === lastLine && (startColumn ?? 0) > lastColumn);
    expect(isAfter, `chunk at ${startLine}:${startColumn} overlaps the one before`).toBe(true);
    expect(chunk.text.isWellFormed()).toBe(true);
    expect(chunk.text.trim()).not.toBe("");
    expect(chunk.text.length).toBeLessThanOrEqual(hardMaxChars);
    [lastLine, lastColumn] = [endLine, endColumn ?? Infinity];
  }
}

/** Every character that is not white space stands in a chunk, from line `from` (counted from 1) on. */
export function expectWholeText({ text, chunks }: Chunked, from = 1): void {
  const squeezed = (part: string) => part.replaceAll(/\s+/gu, "");
  const rest = text
    .split("\n")
    .slice(from - 1)
    .join("\n");
  expect(squeezed(chunks.map((chunk) => chunk.text).join("\n"))).toBe(squeezed(rest));
}
