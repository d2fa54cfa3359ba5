import type { Chunk } from "../document.ts";
import { isBlank, type TextLines } from "../lines.ts";
import { packBlocks, type Block } from "./pack.ts";

/** Chunks of lines `from` to `to` of plain text: paragraphs, which blank lines part. */
export function chunkText(
  lines: TextLines,
  headingPath: readonly string[] = [],
  from = 0,
  to = lines.starts.length,
): Chunk[] {
  const blocks: Block[] = [];
  let first = from;
  for (let line = from; line <= to; line += 1) {
    if (line < to && !isBlank(lines, line)) continue;
    if (line > first) blocks.push({ first, end: line, headingPath, depth: 0 });
    first = line + 1;
  }
  return packBlocks(lines, blocks);
}
