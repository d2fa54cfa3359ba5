import { once } from "node:events";
import type { Writable } from "node:stream";

import { until } from "../core/abortable.ts";
import { Rewindable } from "../core/rewindable.ts";
import type { Ffmpeg, Ffmpegs } from "./ffmpegs.ts";

/**
 * Sends sound through one ffmpeg, the spare if there is one, which ends with the stream. A spare that turns out to be dead costs
 * the time of another's start and nothing else. Errors: as `encode` has them.
 */
export async function* transcode(
  ffmpegs: Ffmpegs,
  args: readonly string[],
  samples: AsyncIterable<Int16Array>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  signal.throwIfAborted();
  const over = new AbortController();
  const source = until(AbortSignal.any([signal, over.signal]), samples);
  const sound = new Rewindable(source);
  const spare = ffmpegs.take(args);
  let hasBegun = false;
  try {
    try {
      for await (const chunk of through(spare ?? ffmpegs.start(args), sound, signal)) {
        sound.forget();
        hasBegun = true;
        yield chunk;
        // Not before the first bytes are sent, so that its start does not delay them.
        ffmpegs.keep(args);
      }
      return;
    } catch (error) {
      if (hasBegun || !spare || error !== (await spare.closed)) throw error;
    }
    sound.rewind();
    sound.forget();
    yield* through(ffmpegs.start(args), sound, signal);
  } finally {
    over.abort();
    await source.return();
    ffmpegs.keep(args);
  }
}

async function* through(
  { child, closed }: Ffmpeg,
  sound: AsyncIterable<Int16Array>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  const over = new AbortController();
  let sourceFailure: { readonly error: unknown } | undefined;
  const feeding = feed(child.stdin, sound, AbortSignal.any([signal, over.signal])).catch((error: unknown) => {
    sourceFailure = { error };
    kill();
  });
  try {
    for await (const chunk of child.stdout) yield chunk;
    const problem = await closed;
    signal.throwIfAborted();
    // What the source threw is why ffmpeg was killed.
    if (sourceFailure) throw sourceFailure.error;
    if (problem) throw problem;
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
    over.abort();
    child.stdout.destroy();
    await Promise.all([closed, feeding]);
  }
}

/** Writes as fast as ffmpeg reads, and ends its input, upon which it writes what it still holds. */
async function feed(stdin: Writable, sound: AsyncIterable<Int16Array>, signal: AbortSignal): Promise<void> {
  for await (const { buffer, byteOffset, byteLength } of until(signal, sound)) {
    if (byteLength === 0 || stdin.write(Buffer.from(buffer, byteOffset, byteLength))) continue;
    await once(stdin, "drain", { signal }).catch(() => undefined);
  }
  stdin.end();
}
