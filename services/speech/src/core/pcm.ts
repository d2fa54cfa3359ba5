/**
 * What every engine's sound is turned into before anything else sees it: 16-bit samples, one channel, this many a second
 * (OpenAI API reference, Audio: `pcm`). So pieces of different engines fit together in one stream.
 */
export const sampleRateHz = 24_000;

/** When a word of a sentence is spoken, in ms from the sentence's beginning. */
export type WordTiming = { readonly word: string; readonly startMs: number; readonly endMs: number };

/** A sentence as sound. `samples` are at `sampleRateHz`; `words` only from engines that tell. */
export type Spoken = { readonly samples: Int16Array; readonly words?: readonly WordTiming[] };

/** How long so many samples last, in ms. */
export function durationMs(samples: number): number {
  return (samples * 1_000) / sampleRateHz;
}
