import { indexParts } from "../src/core/parts.ts";
import { parseMarkdown } from "../src/parsers/markdown.ts";
import { realisticNotes } from "./support/realistic-notes.ts";

/**
 * How fast Markdown is parsed, cut into chunks and searched for derived tokens in one process:
 * `node services/knowledge/test/measure-parsers.ts [MB] [seed]`. Prints the best and the middle of seven rounds.
 */
const [megabytes = 10, seed = 1] = process.argv.slice(2).map(Number);
const notes = realisticNotes(megabytes * 1_000_000, seed);
const bytes = notes.reduce((sum, note) => sum + note.length, 0);

const rounds = Array.from({ length: 7 }, () => {
  const startMs = performance.now();
  const documents = notes.map((note, i) => parseMarkdown({ path: `note ${i}.md`, bytes: note }));
  const parsedMs = performance.now();
  for (const { chunks } of documents) for (const { text } of chunks) indexParts(text);
  const endMs = performance.now();
  const chunks = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  return { parse: rate(startMs, parsedMs), parts: rate(parsedMs, endMs), both: rate(startMs, endMs), chunks };
});

function rate(fromMs: number, toMs: number): number {
  return bytes / 1_000 / (toMs - fromMs);
}

const sorted = rounds.toSorted((a, b) => b.both - a.both);
const line = (name: string, round = sorted[0]) =>
  `${name}: parse and chunk ${round?.parse.toFixed(1)} MB/s, parts ${round?.parts.toFixed(1)} MB/s, together ${round?.both.toFixed(1)} MB/s`;
console.log(`${notes.length} notes, ${(bytes / 1e6).toFixed(1)} MB, ${sorted[0]?.chunks} chunks`);
console.log(line("best", sorted[0]));
console.log(line("middle", sorted[3]));
