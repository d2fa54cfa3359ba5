/** Sound, and how many samples it has where that is known before the first one is used. */
export type Measured = {
  readonly samples: AsyncIterable<Int16Array>;
  readonly totalSamples: number | undefined;
};

/**
 * Holds sound back until it has ended, or until there are `maxSamples` of it. A FLAC stream tells its length at the beginning or
 * nowhere, and a WAV stream that does not tell it confuses some players. Errors: what `sound` throws until then.
 */
export async function measured(sound: AsyncIterable<Int16Array>, maxSamples: number): Promise<Measured> {
  const source = sound[Symbol.asyncIterator]();
  const held: Int16Array[] = [];
  let count = 0;
  while (count < maxSamples) {
    const next = await source.next();
    if (next.done) return { samples: rest(held, source), totalSamples: count };
    held.push(next.value);
    count += next.value.length;
  }
  return { samples: rest(held, source), totalSamples: undefined };
}

async function* rest(
  held: readonly Int16Array[],
  source: AsyncIterator<Int16Array>,
): AsyncGenerator<Int16Array, void> {
  try {
    yield* held;
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}
