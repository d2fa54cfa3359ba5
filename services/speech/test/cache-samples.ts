import type { Spoken } from "../src/core/pcm.ts";
import type { UtteranceKey } from "../src/edge/utterance-key.ts";

export function keyOf(n: number): UtteranceKey {
  return { engine: "tone", fingerprint: "1", voice: "v", speed: 1, text: `sentence ${n}` };
}

/** A sentence that is another one for each number, 100 kB long. */
export function spokenOf(n: number, samples = 50_000): Spoken {
  return {
    samples: Int16Array.from({ length: samples }, (_, i) => (i * (n + 1)) % 30_011),
    words: [{ word: `w${n}`, startMs: 0, endMs: n }],
  };
}
