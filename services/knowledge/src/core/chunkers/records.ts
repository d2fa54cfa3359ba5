import type { Chunk } from "../document.ts";
import type { TextLines } from "../lines.ts";
import { packBlocks, type Block } from "./pack.ts";

/** A record of a table or a member of a JSON value, as whole lines from 0, the end excluded. */
export type RecordLines = { readonly first: number; readonly end: number; readonly name?: string };

/** Chunks of whole records. Records that carry a name stand below it, when their chunk holds no other. */
export function chunkRecords(
  lines: TextLines,
  records: readonly RecordLines[],
  headingPath: readonly string[] = [],
): Chunk[] {
  const blocks = records.map(({ first, end, name }): Block => {
    const path = name === undefined ? headingPath : [...headingPath, name];
    return { first, end, headingPath: path, depth: 1, opensSection: name !== undefined };
  });
  return packBlocks(lines, blocks);
}
