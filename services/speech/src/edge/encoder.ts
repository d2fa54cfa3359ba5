import { assertNever } from "@benchai/kernel/assert-never";
import type { AudioFormat } from "@benchai/contract/speech";

import { leavable, until } from "../core/abortable.ts";
import { AdtsPadding } from "../core/adts-padding.ts";
import { audioEncodings } from "../core/audio-encodings.ts";
import { FlacLength } from "../core/flac-length.ts";
import { wavHeader } from "../core/wav-header.ts";
import { transcode } from "./ffmpeg.ts";
import { Ffmpegs } from "./ffmpegs.ts";

export type EncodeOptions = {
  /** How many samples there will be, where that is known (`measured`): then the headers of wav and flac say it. */
  readonly totalSamples?: number | undefined;
  /** Without, each stream's ffmpeg is started when it is needed. */
  readonly ffmpegs?: Ffmpegs;
};

const withoutSpares = new Ffmpegs({ idleMs: 0 });

/**
 * Our PCM in another format, as it comes. At the end of the body, when `signal` aborts or when the consumer leaves, ffmpeg is no
 * more. Errors: `speech_failed` when ffmpeg breaks, what `samples` throws, the reason of `signal`.
 */
export function encode(
  format: AudioFormat,
  samples: AsyncIterable<Int16Array>,
  signal: AbortSignal,
  options: EncodeOptions = {},
): AsyncIterableIterator<Buffer> {
  return leavable(signal, (either) => encoded(format, samples, either, options));
}

async function* encoded(
  format: AudioFormat,
  samples: AsyncIterable<Int16Array>,
  signal: AbortSignal,
  { totalSamples, ffmpegs = withoutSpares }: EncodeOptions,
): AsyncGenerator<Buffer, void> {
  const ffmpeg = (args: readonly string[]) => transcode(ffmpegs, args, samples, signal);
  switch (format) {
    case "pcm":
      return yield* bytesOf(samples, signal);
    case "wav":
      return yield* after(
        wavHeader(totalSamples === undefined ? undefined : totalSamples * 2),
        bytesOf(samples, signal),
      );
    case "mp3":
    case "opus":
      return yield* ffmpeg(audioEncodings[format].ffmpegArgs);
    case "aac":
      return yield* through(new AdtsPadding(), ffmpeg(audioEncodings.aac.ffmpegArgs));
    case "flac": {
      const stream = ffmpeg(audioEncodings.flac.ffmpegArgs);
      return yield* totalSamples === undefined ? stream : through(new FlacLength(totalSamples), stream);
    }
    default:
      return assertNever(format);
  }
}

/** The header goes out with the first sound, so that what fails before it can still be told otherwise. */
async function* after(header: Buffer, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst) yield header;
    isFirst = false;
    yield chunk;
  }
  if (isFirst) yield header;
}

async function* through(
  step: { push(chunk: Buffer): Buffer },
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    const out = step.push(chunk);
    if (out.length > 0) yield out;
  }
}

async function* bytesOf(
  samples: AsyncIterable<Int16Array>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  for await (const { buffer, byteOffset, byteLength } of until(signal, samples)) {
    if (byteLength > 0) yield Buffer.from(buffer, byteOffset, byteLength);
  }
}
