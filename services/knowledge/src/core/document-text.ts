/** A chunk's place and text, as `Chunk` has it; `null` columns stand for whole lines. */
export type PlacedText = {
  readonly startLine: number;
  readonly startColumn: number | null;
  readonly text: string;
};

/**
 * The document's text as far as its chunks have it, each on the lines that it cites: what no chunk holds
 * (blank lines, mostly) is empty. Overlapping chunks say the same, so the later may write over the earlier.
 */
export function documentText(chunks: readonly PlacedText[]): string {
  const lines: string[] = [];
  for (const { startLine, startColumn, text } of chunks) {
    if (startColumn === null)
      for (const [i, line] of text.split("\n").entries()) lines[startLine - 1 + i] = line;
    else lines[startLine - 1] = withPart(lines[startLine - 1] ?? "", startColumn - 1, text);
  }
  return Array.from(lines, (line) => line ?? "").join("\n");
}

/** `text` written into `line` at an offset in UTF-16 units. */
function withPart(line: string, offset: number, text: string): string {
  return line.slice(0, offset).padEnd(offset) + text + line.slice(offset + text.length);
}
