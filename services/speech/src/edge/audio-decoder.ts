import { spawn } from "node:child_process";

import { AppError } from "@benchai/contract/errors";

import { whisperRateHz } from "../core/sound-pieces.ts";

export type DecoderOptions = {
  /** The program, by name or path. */
  readonly ffmpeg: string;
  /** Longer recordings are refused. */
  readonly maxAudioS: number;
  /** How long ffmpeg may say nothing while we wait for it, in ms. */
  readonly stallMs: number;
};

/** Containers of sound. What names other files (playlists, `concat`), draws or asks a network is not among them. */
const demuxers =
  "aac,aiff,amr,ape,asf,au,caf,dsf,flac,gsm,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,ogg,tta,w64,wav,wv";

/** So many bytes at most for one of ffmpeg's own buffers: a header can ask for any. */
const maxAllocBytes = 64 * 1_024 * 1_024;
const keptErrorChars = 2_000;

/**
 * The sound of a file as samples at `whisperRateHz`, one channel, read as fast as they are taken. The file is a stranger's:
 * ffmpeg may open this one and no other, and it is killed when it is not done in time. Errors: `audio_unreadable` (422),
 * `body_too_large` when it is longer than `maxAudioS`.
 */
export async function* decodeAudio(
  path: string,
  options: DecoderOptions,
  signal: AbortSignal,
): AsyncGenerator<Int16Array> {
  signal.throwIfAborted();
  const child = spawn(options.ffmpeg, argumentsFor(path, options.maxAudioS), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "" },
  });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(notInstalled(options.ffmpeg, error)));
    child.once("close", (code) => resolve(code));
  });
  // It is awaited below; until then nobody listens.
  closed.catch(() => undefined);
  let said = "";
  child.stderr.on("data", (part: Buffer) => (said = (said + part.toString()).slice(0, keptErrorChars)));
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop);
  try {
    let samples = 0;
    for await (const chunk of wholeSamples(withinTime(child.stdout, options.stallMs, stop))) {
      samples += chunk.length;
      if (samples > options.maxAudioS * whisperRateHz) throw tooLong(options.maxAudioS);
      yield chunk;
    }
    const code = await closed;
    signal.throwIfAborted();
    if (code !== 0 || samples === 0) throw unreadable(said, path);
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    child.stdout.destroy();
    await closed.catch(() => undefined);
  }
}

function argumentsFor(path: string, maxAudioS: number): string[] {
  const input = ["-max_alloc", `${maxAllocBytes}`, "-i", `file:${path}`];
  // A second more than is allowed, so that what is too long shows.
  const output = ["-t", `${maxAudioS + 1}`, "-ar", `${whisperRateHz}`];
  return [
    ..."-hide_banner -loglevel error -nostdin -threads 1 -protocol_whitelist file".split(" "),
    "-format_whitelist",
    demuxers,
    ...input,
    ..."-map 0:a:0 -vn -sn -dn -map_metadata -1".split(" "),
    ...output,
    ..."-ac 1 -f s16le pipe:1".split(" "),
  ];
}

/** The chunks of a stream; `stop` is called when one does not come in time. Time in which nobody asks does not count. */
async function* withinTime(
  stream: AsyncIterable<Buffer>,
  stallMs: number,
  stop: () => void,
): AsyncGenerator<Buffer> {
  const chunks = stream[Symbol.asyncIterator]();
  for (;;) {
    const timer = setTimeout(stop, stallMs);
    const next = await chunks.next().finally(() => clearTimeout(timer));
    if (next.done) return;
    yield next.value;
  }
}

/** A pipe may cut a sample in two. */
async function* wholeSamples(chunks: AsyncIterable<Buffer>): AsyncGenerator<Int16Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const bytes = all.length - (all.length % 2);
    rest = all.subarray(bytes);
    // A copy, since samples must begin at an even address.
    if (bytes > 0) yield new Int16Array(new Uint8Array(all.subarray(0, bytes)).buffer);
  }
}

function unreadable(said: string, path: string): AppError {
  const [line = ""] = said.replaceAll(`file:${path}`, "the file").replaceAll(path, "the file").split("\n");
  const why = line.replaceAll(/\p{Cc}+/gu, " ").trim();
  return new AppError(
    "audio_unreadable",
    `the file holds no sound that can be read${why === "" ? "" : `: ${why}`}; send flac, m4a, mp3, mp4, ogg, opus, wav or webm`,
    { param: "file" },
  );
}

function tooLong(maxAudioS: number): AppError {
  return new AppError(
    "body_too_large",
    `the recording is longer than ${maxAudioS} s (MAX_AUDIO_S); send it in parts`,
    { param: "file" },
  );
}

function notInstalled(program: string, cause: Error): AppError {
  return new AppError("speech_unavailable", `${program} cannot be run: ${cause.message}`, { cause });
}
