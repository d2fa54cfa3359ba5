/** What is transcribed: 16-bit samples, one channel, this many a second (what Whisper was trained on). */
export const whisperRateHz = 16_000;

/** A part of a recording. */
export type SoundPiece = {
  readonly samples: Int16Array;
  /** Where it begins, in samples of the recording. */
  readonly start: number;
  readonly isLast: boolean;
};

/** How far before the end of a piece a quiet place is looked for, as a part of its length. */
const searchShare = 0.25;
/** Quiet is what is quiet for so long: 0.1 s. */
const windowSamples = whisperRateHz / 10;

/**
 * Cuts a recording, as it is read, into pieces of at most `maxSamples`, each at the quietest place near its end, so that no
 * word is cut where there is a pause. Holds little more than one piece. A recording of nothing is one empty piece.
 */
export async function* soundPieces(
  chunks: AsyncIterable<Int16Array>,
  maxSamples: number,
): AsyncGenerator<SoundPiece> {
  let held = new Int16Array(0);
  let start = 0;
  for await (const chunk of chunks) {
    held = joined(held, chunk);
    while (held.length > maxSamples) {
      const at = quietestPlace(held, maxSamples);
      yield { samples: held.slice(0, at), start, isLast: false };
      held = held.slice(at);
      start += at;
    }
  }
  yield { samples: held, start, isLast: true };
}

function joined(a: Int16Array, b: Int16Array): Int16Array<ArrayBuffer> {
  const both = new Int16Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The middle of the quietest tenth of a second near the end of the first `maxSamples`; the last one of several. */
export function quietestPlace(samples: Int16Array, maxSamples: number): number {
  const from = Math.floor(maxSamples * (1 - searchShare));
  let quietest = Infinity;
  let place = maxSamples;
  for (let at = from; at + windowSamples <= maxSamples; at += windowSamples) {
    const loudness = loudnessOf(samples.subarray(at, at + windowSamples));
    if (loudness > quietest) continue;
    quietest = loudness;
    place = at + windowSamples / 2;
  }
  return place;
}

function loudnessOf(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}
