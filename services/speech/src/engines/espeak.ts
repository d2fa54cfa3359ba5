import { execFile, spawn, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

import { AppError } from "@benchai/contract/errors";

import { espeakVoices, voiceFor } from "../core/espeak-voices.ts";
import { sampleRateHz, type Spoken } from "../core/pcm.ts";
import { Resampler } from "../core/resample.ts";
import { wavStart } from "../core/wav-stream.ts";
import type { Engine, EngineVoice, Utterance } from "./engine.ts";

export type EspeakOptions = {
  /** The program; tests give others. */
  readonly program?: string;
  /** For one utterance, in ms. */
  readonly deadlineMs?: number;
};

const name = "espeak-ng";
/** espeak-ng's own speed (`-s`), and the slowest that it has: below, it stays there. */
const normalWordsPerMinute = 175;
const slowestWordsPerMinute = 80;
const fastestWordsPerMinute = 1_400;
/** Other than before whenever our part of making the sound changes. */
const revision = 1;
/** Ten minutes of one utterance: what is longer was not cut into sentences. */
const mostSamples = sampleRateHz * 600;
const keptErrorChars = 300;

/**
 * espeak-ng, a process for each utterance: it takes some 30 ms, ends at once when it is killed, and what a hostile text could
 * do to it ends with it. Errors: `speech_unavailable` when the program is not there.
 */
export async function startEspeak(options: EspeakOptions = {}): Promise<Engine> {
  const { program = "espeak-ng", deadlineMs = 30_000 } = options;
  const [version, listing] = await Promise.all([said(program, "--version"), said(program, "--voices")]);
  const voices = espeakVoices(listing);
  const fingerprint = `${/\d[\d.a-z-]*/u.exec(version)?.[0] ?? "unknown"}/${revision}`;
  const closing = new AbortController();
  const say = async (utterance: Utterance, left: AbortSignal): Promise<Spoken> => {
    const signal = AbortSignal.any([left, closing.signal, AbortSignal.timeout(deadlineMs)]);
    try {
      return await synthesise(program, voices, utterance, signal);
    } catch (error) {
      left.throwIfAborted();
      closing.signal.throwIfAborted();
      throw error instanceof AppError
        ? error
        : failed(error instanceof Error ? error.message : "unknown error", error);
    }
  };
  return {
    name,
    voices,
    concurrency: Math.max(2, availableParallelism()),
    fingerprint: () => fingerprint,
    synthesise: say,
    close: async () => closing.abort(new AppError("shutting_down", "The speech service is shutting down.")),
  };
}

async function said(program: string, flag: string): Promise<string> {
  try {
    return (await promisify(execFile)(program, [flag], { timeout: 10_000 })).stdout;
  } catch (cause) {
    throw new AppError("speech_unavailable", `${program} cannot be run; its package is missing or broken`, {
      cause,
    });
  }
}

async function synthesise(
  program: string,
  voices: readonly EngineVoice[],
  utterance: Utterance,
  signal: AbortSignal,
): Promise<Spoken> {
  signal.throwIfAborted();
  const voice = voiceFor(voices, utterance.voice, utterance.language);
  if (!voices.some(({ id }) => id === voice)) throw failed(`it has no voice ${voice}`);
  const args = ["-v", voice, "-s", `${wordsPerMinute(utterance.speed)}`, "-b", "1", "--stdin", "--stdout"];
  const child = spawn(program, args, { cwd: "/", env: {}, stdio: ["pipe", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  try {
    const ended = endOf(child);
    // Its own reading may be over before it has all: the exit says why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(harmless(utterance.text));
    const [samples, how] = await Promise.all([soundOf(child), ended]);
    signal.throwIfAborted();
    if (how !== undefined) throw failed(how);
    return { samples };
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
  }
}

function wordsPerMinute(speed: number): number {
  const wanted = Math.round(normalWordsPerMinute * speed);
  return Math.min(Math.max(wanted, slowestWordsPerMinute), fastestWordsPerMinute);
}

/** Two brackets would begin a spelling in espeak-ng's phonemes; what follows a NUL would be lost. */
function harmless(text: string): string {
  return text
    .replaceAll("\0", " ")
    .replaceAll(/\[(?=\[)/gu, "[ ")
    .toWellFormed();
}

/** Collects and converts what comes, as it comes: no piece of work is long. */
async function soundOf({ stdout }: ChildProcess): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  let count = 0;
  const keep = (part: Int16Array) => {
    parts.push(part);
    count += part.length;
    if (count > mostSamples) throw failed("the utterance lasts longer than ten minutes");
  };
  let rest: Buffer = Buffer.alloc(0);
  let resampler: Resampler | undefined;
  for await (const chunk of stdout ?? []) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    if (!resampler) {
      const start = wavStart(rest);
      if (!start) continue;
      resampler = new Resampler(start.rateHz, sampleRateHz);
      rest = rest.subarray(start.dataAt);
    }
    const even = rest.length & ~1;
    keep(resampler.push(samplesOf(rest.subarray(0, even))));
    rest = rest.subarray(even);
  }
  if (resampler) keep(resampler.end());
  return joined(parts, count);
}

function samplesOf(bytes: Buffer): Int16Array {
  // A copy: the bytes may begin at an odd address.
  const own = new Uint8Array(bytes);
  return new Int16Array(own.buffer, 0, own.length / 2);
}

function joined(parts: readonly Int16Array[], count: number): Int16Array {
  const whole = new Int16Array(count);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** How the process ended; undefined when well. */
async function endOf(child: ChildProcess): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let complaint = "";
  child.stderr?.on(
    "data",
    (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(0, keptErrorChars)),
  );
  child.once("error", (error) => resolve(error.message));
  child.once("close", (code, ending) =>
    resolve(code === 0 ? undefined : `ended with ${ending ?? code}: ${complaint.trim()}`),
  );
  return promise;
}

function failed(why: string, cause?: unknown): AppError {
  return new AppError("speech_failed", `${name} cannot say this: ${why}`, { cause });
}
